package dev.softpick.examples.service;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.softpick.model.OutputMode;
import dev.softpick.model.SoftpickConfig;
import dev.softpick.model.SoftpickTransformer;
import dev.softpick.model.StreamingSession;
import dev.softpick.model.Tensor;
import dev.softpick.model.Window;
import java.io.IOException;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.json.JsonMapper;

/** The started jar, asked over HTTP. */
class ServiceIT {

    private static final int EMBED = 12;
    private static final int HIDDEN = 64;
    private static final JsonMapper JSON = new JsonMapper();

    @TempDir
    private static Path folder;

    private static SoftpickTransformer model;
    private static Path file;
    private static RunningService service;

    @BeforeAll
    static void start() throws IOException {
        model = SoftpickTransformer.random(
                SoftpickConfig.builder().embedDim(EMBED).hiddenSize(HIDDEN).numLayers(2).windowSize(20).build(), 5);
        file = folder.resolve("model.safetensors");
        model.save(file);
        service = RunningService.start(List.of(), "--softpick.model=" + file);
    }

    @AfterAll
    static void stop() throws InterruptedException {
        service.close();
    }

    private static Tensor windows(long seed, int... shape) {
        Tensor x = Tensor.zeros(shape);
        Random random = new Random(seed);
        for (int i = 0; i < x.values().length; i++) {
            x.values()[i] = (float) random.nextGaussian();
        }
        return x;
    }

    private static String json(Tensor x) {
        return JSON.writeValueAsString(Numbers.of(x));
    }

    private static Numbers numbers(HttpResponse<byte[]> response) {
        assertThat(response.statusCode()).as(text(response)).isEqualTo(200);
        return JSON.readValue(response.body(), Numbers.class);
    }

    private static String text(HttpResponse<byte[]> response) {
        return new String(response.body(), UTF_8);
    }

    @Test
    void jsonAnswersWithTheBitsOfForward() {
        Tensor x = windows(1, 3, 20, EMBED);
        Numbers y = numbers(service.postJson("/predict", json(x)));
        assertThat(y.shape()).containsExactly(3, HIDDEN);
        assertThat(y.values()).isEqualTo(model.forward(x).values());
    }

    @Test
    void rawAnswersWithTheBitsOfForward() {
        Tensor x = windows(2, 2, 15, EMBED);
        HttpResponse<byte[]> answer = service.postRaw("/predict?batch=2", Numbers.bytes(x));
        assertThat(answer.headers().firstValue("Content-Type")).hasValue("application/octet-stream");
        assertThat(answer.body()).isEqualTo(Numbers.bytes(model.forward(x)));
    }

    @Test
    void twoHundredCallersAtOnceGetTheBitsOfForward() {
        List<CompletableFuture<HttpResponse<byte[]>>> answers = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
            answers.add(service.sendRaw("/predict", Numbers.bytes(windows(i, 1, 1 + i % 30, EMBED))));
        }
        for (int i = 0; i < 200; i++) {
            byte[] expected = Numbers.bytes(model.forward(windows(i, 1, 1 + i % 30, EMBED)));
            assertThat(answers.get(i).join().body()).as("caller " + i).isEqualTo(expected);
        }
    }

    @Test
    void aStreamAnswersWithTheBitsOfASession() {
        Tensor x = windows(3, 50, EMBED);
        float[] expected = new float[50 * HIDDEN];
        try (StreamingSession session = model.newSession(Window.EXACT)) {
            session.step(x.values(), 50, expected);
        }
        HttpResponse<byte[]> opened = service.postJson("/sessions?window=EXACT", "");
        assertThat(opened.statusCode()).as(text(opened)).isEqualTo(201);
        String path = opened.headers().firstValue("Location").orElseThrow();
        Tensor first = Tensor.of(Arrays.copyOf(x.values(), 30 * EMBED), 30, EMBED);
        Tensor rest = Tensor.of(Arrays.copyOfRange(x.values(), 30 * EMBED, 50 * EMBED), 20, EMBED);
        Numbers begun = numbers(service.postJson(path + "/frames", json(first)));
        assertThat(begun.shape()).containsExactly(30, HIDDEN);
        assertThat(begun.values()).isEqualTo(Arrays.copyOf(expected, 30 * HIDDEN));
        float[] expectedRest = Arrays.copyOfRange(expected, 30 * HIDDEN, 50 * HIDDEN);
        assertThat(service.postRaw(path + "/frames", Numbers.bytes(rest)).body())
                .isEqualTo(Numbers.bytes(Tensor.of(expectedRest, 20, HIDDEN)));
        assertThat(text(service.get(path))).contains("\"window\":\"EXACT\"", "\"position\":50");
        assertThat(service.delete(path).statusCode()).isEqualTo(204);
        assertThat(service.get(path).statusCode()).isEqualTo(404);
    }

    @Test
    void framesPutOffTheExpiryOfTheirStream() {
        HttpResponse<byte[]> opened = service.postJson("/sessions", "");
        String path = opened.headers().firstValue("Location").orElseThrow();
        numbers(service.postJson(path + "/frames", json(windows(4, 1, EMBED))));
        assertThat(expiry(service.get(path))).isAfter(expiry(opened));
    }

    private static Instant expiry(HttpResponse<byte[]> status) {
        return Instant.parse(JSON.readTree(status.body()).get("expires").asString());
    }

    @Test
    void aStreamThatNobodyFeedsExpires() throws Exception {
        try (RunningService other = RunningService.start(
                List.of(), "--softpick.model=" + file, "--softpick.session-expiry=1s")) {
            String path = other.postJson("/sessions", "").headers().firstValue("Location").orElseThrow();
            await().atMost(Duration.ofSeconds(60)).untilAsserted(() -> assertThat(
                    text(other.get("/actuator/prometheus"))).contains("softpick_sessions 0.0"));
            refused(other.get(path), 404, "or it has expired");
            refused(other.postJson(path + "/frames", json(windows(4, 1, EMBED))), 404, "or it has expired");
            refused(other.delete(path), 404, "or it has expired");
        }
    }

    @Test
    void wrongShapesAreAnsweredWithTheLibrarysMessage() {
        refused(service.postJson("/predict", "{\"shape\":[1,2,3],\"values\":[1,2,3,4,5,6]}"), 400,
                "x has shape [1, 2, 3]; allowed is [batch, steps, 12] with batch and steps 1 or more");
        refused(service.postJson("/predict", "{\"shape\":[1,20,12],\"values\":[1]}"), 400,
                "values has 1 elements; shape [1, 20, 12] has 240");
        refused(service.postJson("/predict", "{\"shape\":[1,-20,12],\"values\":[1]}"), 400,
                "every size must be 0 or more");
        refused(service.postJson("/predict", "{\"values\":[1]}"), 400, "shape is missing; give its sizes");
        refused(service.postJson("/predict", "{\"shape\":[1]}"), 400, "values is null; give an array");
        refused(service.postJson("/predict", "[1"), 400, "Failed to read request");
        refused(service.postRaw("/predict", new byte[50]), 400, "the body has 50 bytes");
        refused(service.postRaw("/predict?batch=0", new byte[48]), 400, "batch 0");
        refused(service.postRaw("/predict", new byte[0]), 400, "");
        refused(service.postJson("/sessions?window=UNBOUNDED", ""), 400, "allowed are EXACT, SLIDING");
        String path = service.postJson("/sessions", "").headers().firstValue("Location").orElseThrow();
        refused(service.postJson(path + "/frames", "{\"shape\":[1,1,12],\"values\":[1,2,3,4,5,6,7,8,9,10,11,12]}"), 400,
                "frames is Tensor[1, 1, 12]; allowed is [frames, 12]");
    }

    @Test
    void largeRequestsAreRefused() {
        refused(service.postRaw("/predict", new byte[(1 << 20) + 1]), 413,
                "the body has 1048577 bytes; allowed are 1048576");
        refused(service.postRaw("/predict", new byte[4097 * EMBED * Float.BYTES]), 413,
                "Tensor[1, 4097, 12] is more than 4096 frames of 12");
        refused(service.send("POST", "/predict", "application/json",
                BodyPublishers.fromPublisher(BodyPublishers.ofString("{}"))).join(), 411, "does not say its length");
    }

    private static void refused(HttpResponse<byte[]> answer, int status, String why) {
        assertThat(answer.statusCode()).as(text(answer)).isEqualTo(status);
        assertThat(text(answer)).contains(why);
    }

    @Test
    void prometheusSeesCallsByOperationFormatAndBackend() {
        numbers(service.postJson("/predict", json(windows(6, 1, 4, EMBED))));
        assertThat(text(service.get("/actuator/prometheus")))
                .containsPattern("softpick_call_seconds_count\\{backend=\"(vector|scalar)\",format=\"float32\","
                        + "operation=\"predict\",width=\"\\d+\"} [1-9]")
                .containsPattern("softpick_call_seconds_bucket\\{.*le=\".*\"} ");
    }

    /** With C2 far off, the kernels take seconds to warm up. */
    @Test
    void readinessWaitsForWarmKernels() throws Exception {
        try (RunningService cold = RunningService.start(
                List.of("-XX:CompileThresholdScaling=8"), "--softpick.model=" + file, "--softpick.most-sessions=0")) {
            TreeSet<Integer> seen = new TreeSet<>();
            await().atMost(Duration.ofSeconds(180)).pollInterval(Duration.ofMillis(20)).until(() -> {
                seen.add(cold.get("/actuator/health/readiness").statusCode());
                return seen.contains(200);
            });
            assertThat(seen).containsExactly(200, 503);
            assertThat(text(cold.get("/actuator/health/readiness"))).contains("UP");
            refused(cold.postJson("/sessions", ""), 429, "0 sessions are open");
        }
    }

    @Test
    void aModelThatCannotBeReadEndsTheStartWithOneLine() throws Exception {
        Path broken = Files.write(folder.resolve("broken.safetensors"), new byte[] {1, 2, 3});
        Path missing = folder.resolve("missing.safetensors");
        assertThat(failedStart(broken)).startsWith("softpick.model: " + broken);
        assertThat(failedStart(missing)).isEqualTo("softpick.model: " + missing + ": no such file\n");
        assertThat(failedStart(folder)).startsWith("softpick.model: ");
    }

    /** All that it said, but for the JVM's own line. */
    private static String failedStart(Path model) throws Exception {
        try (RunningService none = RunningService.start(List.of(), "--softpick.model=" + model)) {
            assertThat(none.exitCode()).isEqualTo(1);
            String said = none.log().replace("WARNING: Using incubator modules: jdk.incubator.vector\n", "");
            assertThat(said.lines()).as(said).hasSize(1);
            return said;
        }
    }

    @Test
    void sessionsOfAModelThatAveragesAreRefused() throws Exception {
        Path averages = folder.resolve("averages.safetensors");
        SoftpickConfig config = SoftpickConfig.builder()
                .embedDim(4).hiddenSize(16).numHeads(2).outputMode(OutputMode.MEAN_POOL).build();
        SoftpickTransformer.random(config, 1).save(averages);
        try (RunningService other = RunningService.start(List.of(), "--softpick.model=" + averages)) {
            refused(other.postJson("/sessions", ""), 409, "mean_pool");
        }
    }

    /** Calls of half a second, most of which still wait for a processor; probes get through meanwhile. */
    @Test
    void whatRunsIsAnsweredWhenTheServiceIsToldToStop() throws Exception {
        SoftpickTransformer slow =
                SoftpickTransformer.random(SoftpickConfig.builder().embedDim(64).windowSize(4096).build(), 1);
        Path large = folder.resolve("slow.safetensors");
        slow.save(large);
        Tensor x = windows(8, 1, 4_096, 64);
        byte[] expected = Numbers.bytes(slow.forward(x));
        try (RunningService loaded = RunningService.start(List.of(), "--softpick.model=" + large)) {
            await().atMost(Duration.ofSeconds(180))
                    .until(() -> loaded.get("/actuator/health/readiness").statusCode() == 200);
            List<CompletableFuture<HttpResponse<byte[]>>> answers = new ArrayList<>();
            for (int i = 0; i < 8; i++) {
                answers.add(loaded.sendRaw("/predict", Numbers.bytes(x)));
            }
            CompletableFuture.anyOf(answers.toArray(CompletableFuture[]::new)).join();
            assertThat(loaded.get("/actuator/health/liveness").statusCode()).isEqualTo(200);
            loaded.terminate();
            for (CompletableFuture<HttpResponse<byte[]>> answer : answers) {
                assertThat(answer.join().statusCode()).isEqualTo(200);
                assertThat(answer.join().body()).isEqualTo(expected);
            }
            assertThat(loaded.exitCode()).as(loaded.log()).isEqualTo(143);
            assertThat(loaded.log()).contains("Graceful shutdown complete");
            try {
                loaded.get("/actuator/health/readiness");
                throw new AssertionError("the port is still open");
            } catch (CompletionException e) {
                assertThat(e).hasCauseInstanceOf(IOException.class);
            }
        }
    }
}
