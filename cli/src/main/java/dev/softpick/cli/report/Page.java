package dev.softpick.cli.report;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The report: a template that takes up the style, the charting library, the script and the numbers. */
final class Page {

    private static final Pattern SLOT = Pattern.compile("\\{\\{([a-z]+)\\}\\}");

    private static final List<String> SCRIPT = List.of("data.js", "words.js", "charts.js", "timings.js", "draw.js");

    private Page() {}

    static String of(Comparison comparison) throws IOException {
        String scalar = comparison.method().backend().equals("scalar") ? ", scalar backend" : "";
        Map<String, String> parts = Map.of(
                "title", "Softpick against softmax" + scalar,
                "style", resource("report.css"),
                "library", resource("echarts.common.min.js").replace("</script", "<\\/script"),
                "licence", escaped(resource("echarts-NOTICE.txt") + "\n" + resource("echarts-LICENSE.txt")),
                "script", script(),
                "data", comparison.json());
        Matcher slot = SLOT.matcher(resource("report.html"));
        return slot.replaceAll(found -> Matcher.quoteReplacement(parts.get(found.group(1))));
    }

    private static String script() throws IOException {
        StringBuilder script = new StringBuilder("(() => {\n'use strict';\n");
        for (String part : SCRIPT) {
            script.append(resource(part));
        }
        return script.append("})();").toString();
    }

    private static String escaped(String text) {
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
    }

    private static String resource(String name) throws IOException {
        try (InputStream in = Page.class.getResourceAsStream(name)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }
}
