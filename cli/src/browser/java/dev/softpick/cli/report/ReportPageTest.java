package dev.softpick.cli.report;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.softpick.cli.Invocation;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The report of {@code softpick compare} in a real browser. Profile {@code browser} runs it; screenshots go to
 * {@code target/report}. {@code -Dsoftpick.test.report=FILE} looks at a report that is there already.
 */
class ReportPageTest {

    private static final int CHARTS = 18;
    private static final Path PICTURES = Path.of("target", "report");

    private static Path page;
    private static Browser browser;

    @BeforeAll
    static void open() throws IOException, InterruptedException {
        Files.createDirectories(PICTURES);
        String given = System.getProperty("softpick.test.report", "");
        page = given.isEmpty() ? PICTURES.resolve("report.html").toAbsolutePath() : Path.of(given).toAbsolutePath();
        if (given.isEmpty()) {
            Invocation compare = Invocation.of("compare", "--smoke", "--output", page);
            assertThat(compare.code()).as(compare.err()).isZero();
        }
        // no temporary folder of JUnit's, which would complain about the links that a browser leaves
        Path profile = Files.createTempDirectory(PICTURES.toAbsolutePath(), "profile");
        browser = Browser.start(System.getProperty("softpick.test.browser"), profile);
    }

    @AfterAll
    static void close() {
        if (browser != null) {
            browser.close();
        }
    }

    @ParameterizedTest
    @CsvSource({"1400, false", "1400, true", "400, false", "400, true"})
    void everyChartHasMarksAndNothingComplains(int width, boolean dark) throws IOException, InterruptedException {
        browser.look(width, dark);
        browser.open(page);
        browser.screenshot(PICTURES.resolve(width + (dark ? "-dark.png" : "-light.png")));
        assertThat(browser.complaints()).isEmpty();
        assertCharts(width);
        assertThat(Integer.parseInt(browser.evaluate("document.documentElement.scrollWidth")))
                .as("nothing sticks out").isLessThanOrEqualTo(width);
        assertThat(browser.evaluate("getComputedStyle(document.body).backgroundColor"))
                .isEqualTo(dark ? "rgb(19, 20, 22)" : "rgb(251, 250, 247)");
        assertThat(browser.evaluate("document.getElementById('lead').textContent")).startsWith("Softpick is ");
        assertThat(browser.evaluate("document.querySelectorAll('#claims tbody tr').length")).isEqualTo("5");
        assertThat(browser.evaluate("document.querySelectorAll('#accuracy tbody tr').length")).isEqualTo("8");
        assertThat(browser.evaluate("document.body.innerText")).doesNotContain("NaN", "undefined", "Infinity", "null");
    }

    /** The README's picture, in light and dark. */
    @ParameterizedTest
    @CsvSource({"light, false", "dark, true"})
    void oneFigureByItself(String name, boolean dark) throws IOException, InterruptedException {
        browser.look(900, dark);
        browser.open(page);
        Path picture = PICTURES.resolve("attention-" + name + ".png");
        browser.screenshot(picture, "figure:has(#time-attention)");
        assertThat(picture).isNotEmptyFile();
        assertThat(browser.complaints()).isEmpty();
    }

    @Test
    void theChartsFollowWhenTheLightOrTheWidthChanges() throws InterruptedException {
        browser.look(1400, false);
        browser.open(page);
        String color = "document.querySelector('#dilution path[stroke-width=\"2\"]').getAttribute('stroke')";
        String light = browser.evaluate(color);
        browser.look(1400, true);
        browser.until(color + " !== '" + light + "'");
        assertCharts(1400);
        browser.look(400, true);
        browser.until("document.querySelector('#dilution svg').clientWidth < 400");
        assertCharts(400);
        assertThat(browser.complaints()).isEmpty();
    }

    @Test
    void printsInTheColorsOfPaper() throws IOException, InterruptedException {
        browser.look(1400, true);
        browser.open(page);
        browser.print(PICTURES.resolve("report.pdf"));
        assertThat(PICTURES.resolve("report.pdf")).isNotEmptyFile();
        assertThat(browser.complaints()).isEmpty();
        assertThat(browser.evaluate("document.documentElement.classList.contains('print')")).isEqualTo("false");
    }

    private static void assertCharts(int width) throws InterruptedException {
        JsonObject charts = JsonParser.parseString(browser.evaluate("""
                JSON.stringify(Object.fromEntries([...document.querySelectorAll('.chart')].map(chart => [chart.id, {
                  marks: [...chart.querySelectorAll('svg path')].filter(path => {
                    const color = path.getAttribute('fill') + path.getAttribute('stroke');
                    return ['softpick', 'softmax', 'ssmax', 'rectified_softpick'].some(name => {
                      const own = getComputedStyle(document.documentElement).getPropertyValue('--' + name).trim();
                      return color.includes(own);
                    }); }).length,
                  labels: chart.querySelectorAll('svg text').length,
                  width: chart.querySelector('svg').clientWidth }])))
                """)).getAsJsonObject();
        assertThat(charts.keySet()).hasSize(CHARTS);
        charts.asMap().forEach((id, element) -> {
            JsonObject chart = element.getAsJsonObject();
            assertThat(chart.get("marks").getAsInt()).as(id + " marks").isGreaterThanOrEqualTo(4);
            assertThat(chart.get("labels").getAsInt()).as(id + " labels").isGreaterThanOrEqualTo(4);
            assertThat(chart.get("width").getAsInt()).as(id + " width").isBetween(200, width);
        });
    }
}
