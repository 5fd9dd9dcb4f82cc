package dev.softpick.bench.peers;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** Prints every result when it is there and writes all of them in the end. */
final class Report {

    private static final String REPRODUCE = """
            mvn -q -Ppeers -pl bench -am -DskipTests package
            java --add-modules jdk.incubator.vector -jar bench/target/peers.jar
            """;

    private final Machine machine;
    private final Section goals = new Section(
            "goal", "What was to be reached", "Each figure is worked out from the tables below.",
            Section.text("work", "work"), Section.text("at_least", "at least"), Section.text("seen", "seen"),
            Section.text("reached", "reached"));
    private final List<Section> sections = new ArrayList<>();

    Report(Machine machine) {
        this.machine = machine;
        machine.facts().forEach((name, value) -> System.out.println(name + ": " + value));
    }

    /** Adds an empty table at the end. */
    Section section(Section section) {
        System.out.println("\n" + section.title());
        sections.add(section);
        return section;
    }

    /** A line of the first table. */
    void goal(String work, String atLeast, String seen, boolean reached) {
        goals.row(work, atLeast, seen, reached ? "yes" : "no");
    }

    /** Writes both files. */
    void write(Path folder) throws IOException {
        Files.createDirectories(folder);
        Path markdown = folder.resolve(machine.fileName() + ".md");
        Files.writeString(markdown, markdown());
        Files.writeString(folder.resolve(machine.fileName() + ".json"), json());
        System.out.println("written: " + markdown + " and .json");
    }

    private String markdown() {
        StringBuilder text = new StringBuilder("# Softpick against its peers, " + machine.date() + "\n\n```\n" + REPRODUCE
                + "```\n\nMedians of calls taken in turns in one run; outputs compared before."
                + " The ceilings are measured between the calls.\n"
                + "Absolute times mean little on a shared machine; ratios mean more.\n\n");
        machine.facts().forEach(
                (name, value) -> text.append("- ").append(name).append(": ").append(value).append('\n'));
        text.append(goals.markdown());
        sections.forEach(section -> text.append(section.markdown()));
        return text.toString();
    }

    private String json() {
        StringBuilder text = new StringBuilder("{\n  \"date\": " + Section.quoted(machine.date()));
        machine.facts().forEach((name, value) ->
                text.append(",\n  ").append(Section.quoted(name)).append(": ").append(Section.quoted(value)));
        List<Section> all = new ArrayList<>(List.of(goals));
        all.addAll(sections);
        return text.append(",\n  \"results\": [\n    ")
                .append(all.stream().flatMap(section -> section.json().stream()).collect(Collectors.joining(",\n    ")))
                .append("\n  ]\n}\n")
                .toString();
    }
}
