package dev.softpick.cli.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.softpick.cli.Invocation;
import dev.softpick.cli.io.Samples;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CompareCommandTest {

    private static final List<String> NORMALIZERS = List.of("softpick", "softmax", "ssmax", "rectified_softpick");
    private static final long LARGEST_PAGE = 1_500_000;

    @TempDir
    private Path folder;

    @Test
    void writesThePageAndItsNumbersAndPrintsTheTable() throws IOException {
        Path page = folder.resolve("report.html");
        Files.writeString(page, "old");
        Invocation compare = Invocation.of("compare", "--smoke", "--output", page);
        assertThat(compare.code()).as(compare.err()).isZero();
        assertThat(compare.err()).isEmpty();
        assertThat(compare.outLines().getFirst()).matches(" +softpick +softmax +ssmax +rectified");
        assertThat(compare.out()).containsPattern("(?m)^digits, accuracy +0\\.9806 +0\\.9889 +0\\.9889 +0\\.9778$");
        assertThat(compare.out()).containsPattern("(?m)^ecg, r2 +0\\.6154 +0\\.6599 +0\\.6768 +0\\.6738$");
        assertThat(compare.out()).contains("supported:     Weights lie in", "not supported: Naturally sparse");
        assertThat(compare.outLines()).contains("report: " + page, "numbers: " + folder.resolve("report.json"));
        assertThat(names()).containsExactly("report.html", "report.json");
        checkNumbers(JsonParser.parseString(Files.readString(folder.resolve("report.json"))).getAsJsonObject());
        checkPage(Files.readString(page));
    }

    private void checkNumbers(JsonObject numbers) {
        JsonArray models = numbers.getAsJsonArray("models");
        assertThat(models).hasSize(8);
        for (JsonElement element : models) {
            JsonObject model = element.getAsJsonObject();
            double value = model.get("value").getAsDouble();
            assertThat(value).as(model.get("data") + " " + model.get("normalizer"))
                    .isCloseTo(model.get("reported").getAsDouble(), within(1e-5));
            boolean rectified = model.get("normalizer").getAsString().equals("rectified_softpick");
            double zero = model.getAsJsonObject("weights").get("zero").getAsDouble();
            assertThat(zero > 0.3).isEqualTo(rectified);
        }
        List<Boolean> supported = numbers.getAsJsonArray("claims").asList().stream()
                .map(claim -> claim.getAsJsonObject().get("supported").getAsBoolean())
                .toList();
        assertThat(supported).containsExactly(true, true, true, false, false);
        JsonArray rounding = numbers.getAsJsonArray("rounding");
        assertThat(rounding).hasSize(8);
        for (JsonElement element : rounding) {
            JsonObject model = element.getAsJsonObject();
            JsonArray points = model.getAsJsonArray("points");
            JsonObject eight = points.get(0).getAsJsonObject();
            assertThat(eight.get("value").getAsDouble()).as("with 8 bits")
                    .isCloseTo(model.get("unrounded").getAsDouble(), within(0.005));
            assertThat(eight.get("error").getAsDouble()).isBetween(1e-4, 0.05);
            assertThat(points.get(1).getAsJsonObject().get("error").getAsDouble()).as("with 2 bits").isGreaterThan(0.1);
        }
        JsonObject speed = numbers.getAsJsonObject("speed");
        assertThat(speed.get("gflops").getAsDouble()).isPositive();
        for (String curve : List.of("rows", "attention", "forward")) {
            JsonArray points = speed.getAsJsonObject(curve).getAsJsonArray("points");
            assertThat(points).as(curve).hasSize(2);
            for (JsonElement point : points) {
                JsonObject nanos = point.getAsJsonObject().getAsJsonObject("nanos");
                assertThat(nanos.keySet()).containsExactlyElementsOf(NORMALIZERS);
                nanos.asMap().values().forEach(timing -> {
                    JsonObject t = timing.getAsJsonObject();
                    assertThat(t.get("lower").getAsDouble()).isPositive()
                            .isLessThanOrEqualTo(t.get("median").getAsDouble());
                    assertThat(t.get("upper").getAsDouble()).isGreaterThanOrEqualTo(t.get("median").getAsDouble());
                    assertThat(t.get("rounds").getAsInt()).isGreaterThanOrEqualTo(3);
                });
            }
        }
        assertThat(numbers.getAsJsonObject("method").get("jdk").getAsString()).contains("25");
    }

    /** Stands alone, says what it is, and nothing about this machine's folders and names. */
    private void checkPage(String page) throws IOException {
        assertThat(page.length()).isLessThan((int) LARGEST_PAGE);
        assertThat(page).startsWith("<!doctype html>").contains("<title>Softpick against softmax");
        assertThat(page).doesNotContain("{{", folder.toString(), System.getProperty("user.home") + "/");
        assertThat(page).doesNotContain(Path.of("").toAbsolutePath().toString());
        assertThat(page).contains("Apache License");
        String withoutLibrary = page.substring(0, page.indexOf("</script>"));
        assertThat(withoutLibrary).doesNotContainPattern(Pattern.compile("(?:src|href)\\s*="));
        assertThat(page).doesNotContainPattern("<(?:link|img|iframe)\\b[^>]*(?:src|href)=.https?:");
    }

    private Set<String> names() throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return new TreeSet<>(files.map(file -> file.getFileName().toString()).toList());
        }
    }

    @Test
    @Tag("long")
    void aModelGivesItsSizesAndNotItsFolder() throws IOException {
        Path model = Samples.model(folder);
        Path page = folder.resolve("mine.html");
        Invocation compare =
                Invocation.of("compare", "--smoke", "--model", model, "--threads", 2, "--output", page);
        assertThat(compare.code()).as(compare.err()).isZero();
        JsonObject numbers =
                JsonParser.parseString(Files.readString(folder.resolve("mine.json"))).getAsJsonObject();
        assertThat(numbers.getAsJsonObject("speed").get("model").getAsString())
                .isEqualTo("a model of the sizes of digits-softpick.safetensors");
        assertThat(numbers.getAsJsonObject("speed").get("threads").getAsInt()).isEqualTo(2);
        assertThat(numbers.getAsJsonObject("method").get("command").getAsString())
                .isEqualTo("./softpick compare --model digits-softpick.safetensors --threads 2");
        assertThat(Files.readString(page)).doesNotContain(folder.toString());
    }

    @Test
    @Tag("long")
    void aModelThatAnswersForEveryPositionIsTimedForTheLastOne() {
        Path model = folder.resolve("all.safetensors");
        Invocation init = Invocation.of(
                "init", "--embed-dim", 4, "--hidden-size", 8, "--num-heads", 2, "--num-layers", 1, "--seed", 1,
                "--output-mode", "all", "--output", model);
        assertThat(init.code()).as(init.err()).isZero();
        Invocation compare =
                Invocation.of("compare", "--smoke", "--model", model, "--output", folder.resolve("all.html"));
        assertThat(compare.code()).as(compare.err()).isZero();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            2 | --output,@/report.txt                       | it must end in .html
            2 | --output,@/.html                            | it must end in .html
            1 | --output,@/none/report.html                 | none does not exist
            1 | --output,@/sub.html                         | sub.html: it is a folder
            1 | --output,@/taken.html                       | taken.json: it is a folder
            1 | --output,@/noise.safetensors/report.html    | noise.safetensors is not a folder
            1 | --output,/proc/report.html                  | /proc/report.html:
            1 | --model,@/none.safetensors                  | none.safetensors: no such file
            1 | --model,@/sub.html                          | sub.html is a folder
            1 | --model,@/noise.safetensors                 | noise.safetensors
            2 | --threads,2000                              | '2000' is not a whole number from 1 to 1024
            2 | --normalizer,hardmax                        | hardmax
            2 | --quick,now                                 | now
            """)
    void wrongUseIsOneLineAndLeavesNothing(int code, String arguments, String message) throws IOException {
        Files.createDirectory(folder.resolve("sub.html"));
        Files.createDirectory(folder.resolve("taken.json"));
        Files.writeString(folder.resolve("noise.safetensors"), "this is no model at all");
        Set<String> before = names();
        String all = "compare,--smoke," + arguments.replace("@", folder.toString());
        Invocation wrong = Invocation.of((Object[]) (all.contains("--output") ? all
                : all + ",--output," + folder.resolve("r.html")).split(","));
        assertThat(wrong.code()).as(wrong.err()).isEqualTo(code);
        assertThat(wrong.errLines()).hasSize(1);
        assertThat(wrong.err()).startsWith("softpick compare: ").contains(message);
        assertThat(wrong.out()).isEmpty();
        assertThat(names()).isEqualTo(before);
    }
}
