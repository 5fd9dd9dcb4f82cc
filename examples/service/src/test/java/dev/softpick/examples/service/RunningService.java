package dev.softpick.examples.service;

import java.io.BufferedReader;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The jar in a JVM of its own, on a port that it finds, and a client of it. */
final class RunningService implements AutoCloseable {

    private static final Pattern PORT = Pattern.compile("Tomcat started on port (\\d+)");
    private static final Duration LONGEST_REQUEST = Duration.ofSeconds(60);

    private final HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final StringBuffer log = new StringBuffer();
    private final CompletableFuture<Integer> port = new CompletableFuture<>();
    private final Process process;
    private final Thread reader;

    private RunningService(Process process) {
        this.process = process;
        reader = Thread.ofVirtual().start(this::read);
    }

    /** Starts it; returns once the port is open, or the process has ended. */
    static RunningService start(List<String> flags, String... options) throws IOException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of("--add-modules", "jdk.incubator.vector"));
        command.addAll(flags);
        command.addAll(List.of("-jar", System.getProperty("service.jar"), "--server.port=0"));
        command.addAll(List.of(options));
        RunningService service = new RunningService(
                new ProcessBuilder(command).redirectErrorStream(true).start());
        service.port.join();
        return service;
    }

    private void read() {
        try (BufferedReader lines = process.inputReader()) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                log.append(line).append('\n');
                Matcher open = PORT.matcher(line);
                if (open.find()) {
                    port.complete(Integer.parseInt(open.group(1)));
                }
            }
        } catch (IOException e) {
            log.append(e);
        } finally {
            port.complete(-1);
        }
    }

    String log() {
        return log.toString();
    }

    /** Asks it to stop, as a container does; {@link Process#destroy} would also close what it says. */
    void terminate() {
        process.toHandle().destroy();
    }

    int exitCode() throws InterruptedException {
        if (!process.waitFor(LONGEST_REQUEST.toSeconds(), TimeUnit.SECONDS)) {
            throw new AssertionError("the service has not ended:\n" + log);
        }
        reader.join();
        return process.exitValue();
    }

    HttpResponse<byte[]> get(String path) {
        return send("GET", path, null, BodyPublishers.noBody()).join();
    }

    HttpResponse<byte[]> delete(String path) {
        return send("DELETE", path, null, BodyPublishers.noBody()).join();
    }

    HttpResponse<byte[]> postJson(String path, String json) {
        return send("POST", path, "application/json", BodyPublishers.ofString(json)).join();
    }

    HttpResponse<byte[]> postRaw(String path, byte[] body) {
        return sendRaw(path, body).join();
    }

    CompletableFuture<HttpResponse<byte[]>> sendRaw(String path, byte[] body) {
        return send("POST", path, "application/octet-stream", BodyPublishers.ofByteArray(body));
    }

    CompletableFuture<HttpResponse<byte[]>> send(String method, String path, String type, BodyPublisher body) {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create("http://localhost:" + port.join() + path))
                .timeout(LONGEST_REQUEST)
                .method(method, body);
        if (type != null) {
            request.header("Content-Type", type);
        }
        return client.sendAsync(request.build(), BodyHandlers.ofByteArray());
    }

    @Override
    public void close() throws InterruptedException {
        client.close();
        process.destroy();
        if (!process.waitFor(LONGEST_REQUEST.toSeconds(), TimeUnit.SECONDS)) {
            process.destroyForcibly();
        }
    }
}
