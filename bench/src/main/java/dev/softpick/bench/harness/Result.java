package dev.softpick.bench.harness;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonParseException;
import dev.softpick.measure.Machine;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.DoubleStream;

/**
 * What one program measured on one machine on one day: {@code <results>/<date>-<cpu>/<program>.json}.
 *
 * @param program that measured it
 * @param commands that repeat it
 * @param note what one must know to read any of its tables
 * @param machine names and values, in the order in which they are shown
 */
public record Result(
        String program, String title, List<String> commands, String note, String date, Map<String, String> machine,
        List<Table> tables) {

    private static final Gson JSON =
            new GsonBuilder().setPrettyPrinting().disableHtmlEscaping().serializeSpecialFloatingPointValues().create();
    private static final String GOALS = "goal";

    /** An empty one of this machine; prints where it is. */
    public static Result here(String program, String title, List<String> commands, String note, int rounds) {
        Machine here = Machine.here();
        Map<String, String> facts = new LinkedHashMap<>();
        facts.put("cpu", here.processor() == null ? "unknown" : here.processor());
        facts.put("processors", Integer.toString(here.processors()));
        facts.put("system", System.getProperty("os.name") + " " + System.getProperty("os.arch"));
        facts.put("jdk", here.jdk());
        facts.put("flags", here.flags());
        facts.put("backend", Machine.backend());
        facts.put("heap", here.heapMiB() + " MiB at most");
        facts.put("commit", Machine.commit(Result.class));
        facts.put("rounds", Integer.toString(rounds));
        facts.forEach((name, value) -> System.out.println(name + ": " + value));
        return new Result(program, title, commands, note, LocalDate.now().toString(), facts, new ArrayList<>());
    }

    /** Adds an empty table at the end. */
    public Table add(Table table) {
        System.out.println("\n" + table.title());
        System.out.print(table.markdown());
        tables.add(table);
        return table;
    }

    /** A line of the first table: the worst of the figures against the goal. */
    public void goal(Goal goal, double... seen) {
        if (tables.isEmpty() || !tables.getFirst().subject().equals(GOALS)) {
            tables.addFirst(new Table(
                    GOALS, "What was to be reached", "Each figure is worked out from the tables below.",
                    Column.key("work", "work"), Column.key("figure", "figure"), Column.figure("wanted", "wanted", "%s"),
                    Column.followed("seen", "seen", "%s"), Column.figure("reached", "reached", "%s")));
        }
        double worst = goal.worst(DoubleStream.of(seen));
        tables.getFirst().row(
                goal.work(), goal.figure(), goal.wanted(), goal.shown(worst), goal.reached(worst) ? "yes" : "no");
    }

    /** Writes it and what is rendered from it. */
    public void write(Path results) throws IOException {
        Path folder = results.resolve(date + "-" + Machine.here().fileName());
        Files.createDirectories(folder);
        Path file = folder.resolve(program + ".json");
        Files.writeString(file, JSON.toJson(this) + "\n");
        Files.writeString(folder.resolve(program + ".md"), markdown());
        System.out.println("written: " + file + " and .md");
    }

    /** Reads what {@link #write} has written. */
    static Result read(Path file) throws IOException {
        try {
            return JSON.fromJson(Files.readString(file), Result.class);
        } catch (JsonParseException e) {
            throw new IOException(file + " is not a result: " + e.getMessage(), e);
        }
    }

    /** The table of a subject, or null. */
    Table table(String subject) {
        return tables.stream().filter(table -> table.subject().equals(subject)).findFirst().orElse(null);
    }

    String markdown() {
        StringBuilder text = new StringBuilder("# " + title + ", " + date + "\n\n```\n");
        commands.forEach(command -> text.append(command).append('\n'));
        text.append("```\n\n");
        if (!note.isEmpty()) {
            text.append(note).append("\n\n");
        }
        machine.forEach((name, value) -> text.append("- ").append(name).append(": ").append(value).append('\n'));
        for (Table table : tables) {
            text.append("\n## ").append(table.title()).append("\n\n").append(table.markdown());
        }
        return text.toString();
    }
}
