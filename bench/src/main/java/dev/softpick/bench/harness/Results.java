package dev.softpick.bench.harness;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** All results that lie in a folder; renders what is read from what is kept. */
@Command(
        name = "render",
        header = "Renders the Markdown of all results from their JSON.",
        mixinStandardHelpOptions = true,
        description = {
            "",
            "A page beside each result; README.md in the folder of the results: an index, and how each row moved from"
                    + " result to result; and in the documents that are named, the tables between"
                    + " <!-- table: PROGRAM SUBJECT --> and"
                    + " <!-- end of table -->, from the newest result that has them.",
            ""
        })
public final class Results implements Callable<Integer> {

    private static final Pattern PLACE = Pattern.compile(
            "(<!-- table: (\\S+) (\\S+) -->\\n).*?(<!-- end of table -->)", Pattern.DOTALL);

    @Option(
            names = "--results",
            paramLabel = "FOLDER",
            defaultValue = "bench/results",
            description = "Where they lie. Default: ${DEFAULT-VALUE}.")
    private Path folder;

    @Option(names = "--document", paramLabel = "FILE", description = "A document that quotes tables; any number.")
    private List<Path> documents = List.of();

    @Override
    public Integer call() throws IOException {
        Map<Path, Result> results = read(folder);
        for (Map.Entry<Path, Result> result : results.entrySet()) {
            Files.writeString(page(result.getKey()), result.getValue().markdown());
        }
        Files.writeString(folder.resolve("README.md"), index(results));
        for (Path document : documents) {
            Files.writeString(document, filled(Files.readString(document), results));
        }
        System.out.println(results.size() + " results rendered");
        return 0;
    }

    /** By file, oldest first: the folders' names begin with the date. */
    private static Map<Path, Result> read(Path folder) throws IOException {
        Map<Path, Result> results = new TreeMap<>();
        try (Stream<Path> files = Files.walk(folder, 2)) {
            for (Path file : files.filter(path -> path.toString().endsWith(".json")).toList()) {
                results.put(file, Result.read(file));
            }
        }
        return results;
    }

    private static Path page(Path json) {
        return json.resolveSibling(json.getFileName().toString().replace(".json", ".md"));
    }

    private String index(Map<Path, Result> results) {
        StringBuilder text = new StringBuilder("# Results\n\nRendered by `./softpick bench render` from the JSON"
                + " files.\n\n"
                + "| day and machine | program | what |\n|---|---|---|\n");
        Map<String, List<Result>> programs = new TreeMap<>();
        results.forEach((file, result) -> {
            String where = folder.relativize(page(file)).toString().replace('\\', '/');
            text.append("| ").append(file.getParent().getFileName()).append(" | ").append(result.program())
                    .append(" | [").append(result.title()).append("](").append(where).append(") |\n");
            programs.computeIfAbsent(result.program(), name -> new ArrayList<>()).add(result);
        });
        programs.forEach((program, list) -> {
            if (list.size() > 1) {
                text.append("\n## How ").append(program).append(" moved\n\n").append(moved(list));
            }
        });
        return text.toString();
    }

    /** Rows of the newest result that an older one has too, a column for each result. */
    private static String moved(List<Result> results) {
        StringBuilder text = new StringBuilder(results.stream()
                .map(result -> result.date() + ", " + result.machine().get("commit"))
                .collect(Collectors.joining(" | ", "| table | row | figure | ", " |\n")));
        text.append("|---|---|---|").append("---|".repeat(results.size())).append('\n');
        for (Table table : results.getLast().tables()) {
            for (Map<String, Object> row : table.rows()) {
                String name = table.name(row);
                for (Column column : table.followed()) {
                    List<String> shown = results.stream().map(result -> shown(result, table, name, column)).toList();
                    if (shown.stream().filter(value -> !value.isEmpty()).count() > 1) {
                        text.append("| ").append(table.subject()).append(" | ").append(name).append(" | ")
                                .append(column.heading()).append(" | ").append(String.join(" | ", shown))
                                .append(" |\n");
                    }
                }
            }
        }
        return text.toString();
    }

    private static String shown(Result result, Table like, String name, Column column) {
        Table table = result.table(like.subject());
        Map<String, Object> row = table == null ? null : table.find(name);
        return row == null ? "" : column.show(row.get(column.key()));
    }

    private static String filled(String document, Map<Path, Result> results) {
        Map<String, Table> newest = new LinkedHashMap<>();
        results.values().forEach(result ->
                result.tables().forEach(table -> newest.put(result.program() + " " + table.subject(), table)));
        return PLACE.matcher(document).replaceAll(place -> {
            Table table = newest.get(place.group(2) + " " + place.group(3));
            if (table == null) {
                throw new IllegalStateException("no result has the table '" + place.group(3) + "' of "
                        + place.group(2));
            }
            return Matcher.quoteReplacement(place.group(1) + "\n" + table.markdown() + "\n" + place.group(4));
        });
    }
}
