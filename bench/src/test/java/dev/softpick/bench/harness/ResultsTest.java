package dev.softpick.bench.harness;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** What is measured comes back from its file as it was, and every page is rendered from there. */
class ResultsTest {

    @TempDir
    private Path folder;

    @BeforeEach
    void vectorsAsInEveryTestOfThisModule() {
        System.setProperty("softpick.backend", "vector");
    }

    private static Result result(double ratio) {
        Result result = Result.here("program", "A title", List.of("a command"), "A note.", 3);
        Table table = result.add(new Table(
                "things", "Things", "", Column.key("name", "name"), Column.number("threads", "threads"),
                Column.figure("ms", "ms", "%.2f"), Column.followed("ratio", "theirs / ours", "%.2f"),
                Column.figure("bytes", "bytes", "%d")));
        table.row("a", 1, 3.14159, ratio, 12L);
        table.row("b", 2, 2.71828, null, 0L);
        result.goal(Goal.atLeast("a", "theirs / ours", 1.5, "%.2f"), ratio, ratio + 1);
        return result;
    }

    @Test
    void thePageOfWhatWasMeasuredIsThatOfWhatIsRead() throws IOException {
        Result result = result(1.7);
        result.write(folder);
        Path json = one(".json");
        assertThat(json.getParent().getFileName().toString()).startsWith(result.date());
        assertThat(Result.read(json).markdown())
                .isEqualTo(result.markdown())
                .isEqualTo(Files.readString(one(".md")))
                .contains("| a | 1 | 3.14 | 1.70 | 12 |", "| b | 2 | 2.72 |  | 0 |")
                .contains("| a | theirs / ours | ≥ 1.50 | 1.70 | yes |");
    }

    @Test
    void theWorstFigureMissesAGoal() {
        assertThat(result(1.2).markdown()).contains("| a | theirs / ours | ≥ 1.50 | 1.20 | no |");
        Goal most = Goal.atMost("a", "bytes", 0, "%.0f");
        Result result = result(1.7);
        result.goal(most, 0, 8);
        assertThat(result.markdown()).contains("| a | bytes | ≤ 0 | 8 | no |");
    }

    @Test
    void aRowIsFollowedFromResultToResult() throws IOException {
        Result now = result(1.8);
        now.write(folder);
        Path old = Files.createDirectory(folder.resolve("2000-01-01-old")).resolve("program.json");
        Files.writeString(old, Files.readString(one(".json")).replace("1.8", "1.25"));
        Path document = folder.resolve("document.md");
        Files.writeString(document, "before\n<!-- table: program things -->\nwhat was here\n<!-- end of table"
                + " -->\nafter\n");
        int code = new CommandLine(new Results())
                .execute("--results", folder.toString(), "--document", document.toString());
        assertThat(code).isZero();
        assertThat(Files.readString(folder.resolve("README.md")))
                .contains("| things | a, 1 | theirs / ours | 1.25 | 1.80 |")
                .contains("2000-01-01-old", "[A title](2000-01-01-old/program.md)")
                .doesNotContain("| things | b, 2");
        assertThat(Files.readString(document))
                .startsWith("before\n<!-- table: program things -->\n\n| name |")
                .contains("| a | 1 | 3.14 | 1.80 | 12 |")
                .endsWith("|\n\n<!-- end of table -->\nafter\n")
                .doesNotContain("what was here");
    }

    @Test
    void aRowHasAValueForEachColumn() {
        Table table = new Table("s", "t", "", Column.key("a", "a"));
        assertThatIllegalArgumentException().isThrownBy(() -> table.row("x", 1)).withMessageContaining("1 columns");
    }

    @Test
    void shapes() {
        assertThat(Sizes.parse("8x60", 2)).containsExactly(8, 60);
        for (String wrong : new String[] {"8", "8x", "8x0", "8x60x1", "-1x2", ""}) {
            assertThatIllegalArgumentException().isThrownBy(() -> Sizes.parse(wrong, 2)).withMessageContaining("8x60");
        }
    }

    private Path one(String ending) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            return files.filter(file -> file.toString().endsWith(ending)).findFirst().orElseThrow();
        }
    }
}
