package dev.softpick.cli.report;

import com.google.gson.Gson;
import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.WebSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** A headless Chromium and one page in it, over the DevTools protocol. */
final class Browser implements AutoCloseable {

    private static final long PATIENCE_SECONDS = 60;

    private final Process process;
    private final HttpClient http = HttpClient.newHttpClient();
    private final BlockingQueue<JsonObject> messages = new LinkedBlockingQueue<>();
    private final List<String> complaints = new ArrayList<>();
    private final WebSocket socket;
    private int calls;

    private Browser(Process process, URI page) {
        this.process = process;
        socket = http.newWebSocketBuilder().buildAsync(page, new Messages(messages)).join();
    }

    /** Joins the pieces of each message. */
    private static final class Messages implements WebSocket.Listener {
        private final BlockingQueue<JsonObject> to;
        private final StringBuilder text = new StringBuilder();

        Messages(BlockingQueue<JsonObject> to) {
            this.to = to;
        }

        @Override
        public CompletionStage<?> onText(WebSocket socket, CharSequence data, boolean last) {
            text.append(data);
            if (last) {
                to.add(JsonParser.parseString(text.toString()).getAsJsonObject());
                text.setLength(0);
            }
            socket.request(1);
            return null;
        }
    }

    /** Starts the program; its profile goes to an empty folder. */
    static Browser start(String program, Path profile) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(
                        program, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
                        "--disable-background-networking", "--disable-component-update", "--disable-sync",
                        "--hide-scrollbars", "--remote-debugging-port=0", "--user-data-dir=" + profile, "about:blank")
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        Path port = profile.resolve("DevToolsActivePort");
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        while (!Files.exists(port) || Files.size(port) == 0) {
            if (!process.isAlive() || System.nanoTime() > end) {
                process.destroyForcibly();
                throw new IOException(program + " did not start");
            }
            Thread.sleep(100);
        }
        Browser browser = null;
        while (browser == null) {
            browser = open(process, Files.readAllLines(port).getFirst());
        }
        for (String domain : List.of("Page", "Runtime", "Log", "Network")) {
            browser.call(domain + ".enable", Map.of());
        }
        return browser;
    }

    private static Browser open(Process process, String port) throws IOException, InterruptedException {
        try (HttpClient client = HttpClient.newHttpClient()) {
            URI list = URI.create("http://127.0.0.1:" + port + "/json/list");
            HttpRequest request = HttpRequest.newBuilder(list).build();
            String pages = client.send(request, HttpResponse.BodyHandlers.ofString()).body();
            for (var target : JsonParser.parseString(pages).getAsJsonArray()) {
                JsonObject page = target.getAsJsonObject();
                if (page.get("type").getAsString().equals("page")) {
                    return new Browser(process, URI.create(page.get("webSocketDebuggerUrl").getAsString()));
                }
            }
        }
        Thread.sleep(100);
        return null;
    }

    /** A window of this width in light or dark. */
    void look(int width, boolean dark) throws InterruptedException {
        call("Emulation.setDeviceMetricsOverride",
                Map.of("width", width, "height", 1000, "deviceScaleFactor", 1, "mobile", width < 600));
        call("Emulation.setEmulatedMedia", Map.of("features", List.of(
                Map.of("name", "prefers-color-scheme", "value", dark ? "dark" : "light"))));
    }

    void open(Path file) throws InterruptedException {
        complaints.clear();
        call("Page.navigate", Map.of("url", file.toUri().toString()));
        await("Page.loadEventFired");
    }

    /** What the page's script, the console or the network complained about since the page was opened. */
    List<String> complaints() throws InterruptedException {
        evaluate("0");
        return List.copyOf(complaints);
    }

    /** The value of an expression, as text. */
    String evaluate(String expression) throws InterruptedException {
        JsonObject result = call("Runtime.evaluate", Map.of("expression", expression, "returnByValue", true));
        if (result.has("exceptionDetails")) {
            throw new IllegalStateException(result.get("exceptionDetails").toString());
        }
        return result.getAsJsonObject("result").get("value").getAsString();
    }

    /** Waits until an expression is true. */
    void until(String expression) throws InterruptedException {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        while (!evaluate("String(" + expression + ")").equals("true")) {
            if (System.nanoTime() > end) {
                throw new IllegalStateException("never true: " + expression);
            }
            Thread.sleep(20);
        }
    }

    void screenshot(Path png) throws IOException, InterruptedException {
        JsonObject picture = call("Page.captureScreenshot", Map.of("captureBeyondViewport", true));
        Files.write(png, Base64.getDecoder().decode(picture.get("data").getAsString()));
    }

    /** The same of one element, in twice its size. */
    void screenshot(Path png, String selector) throws IOException, InterruptedException {
        JsonObject box = JsonParser.parseString(evaluate("""
                (() => { const r = document.querySelector('%s').getBoundingClientRect();
                  return JSON.stringify({x: r.x + scrollX, y: r.y + scrollY, width: r.width, height: r.height}); })()
                """.formatted(selector))).getAsJsonObject();
        box.addProperty("scale", 2);
        JsonObject picture = call("Page.captureScreenshot", Map.of("captureBeyondViewport", true, "clip", box));
        Files.write(png, Base64.getDecoder().decode(picture.get("data").getAsString()));
    }

    void print(Path pdf) throws IOException, InterruptedException {
        JsonObject printed = call("Page.printToPDF", Map.of("printBackground", true));
        Files.write(pdf, Base64.getDecoder().decode(printed.get("data").getAsString()));
    }

    private JsonObject call(String method, Map<String, Object> parameters) throws InterruptedException {
        JsonObject message = new JsonObject();
        message.addProperty("id", ++calls);
        message.addProperty("method", method);
        message.add("params", new Gson().toJsonTree(parameters));
        socket.sendText(message.toString(), true).join();
        while (true) {
            JsonObject answer = next();
            if (answer.has("id") && answer.get("id").getAsInt() == calls) {
                if (answer.has("error")) {
                    throw new IllegalStateException(method + ": " + answer.get("error"));
                }
                return answer.getAsJsonObject("result");
            }
        }
    }

    private void await(String event) throws InterruptedException {
        JsonObject message = next();
        while (!message.has("method") || !message.get("method").getAsString().equals(event)) {
            message = next();
        }
    }

    private JsonObject next() throws InterruptedException {
        JsonObject message = messages.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
        if (message == null) {
            throw new IllegalStateException("the browser does not answer");
        }
        if (message.has("method")) {
            listen(message.get("method").getAsString(), message.getAsJsonObject("params"));
        }
        return message;
    }

    private void listen(String event, JsonObject parameters) {
        switch (event) {
            case "Runtime.exceptionThrown", "Log.entryAdded" -> complaints.add(parameters.toString());
            case "Runtime.consoleAPICalled" -> {
                JsonArray arguments = parameters.getAsJsonArray("args");
                complaints.add(parameters.get("type").getAsString() + " " + arguments);
            }
            case "Network.requestWillBeSent" -> {
                String url = parameters.getAsJsonObject("request").get("url").getAsString();
                if (!url.startsWith("file:") && !url.startsWith("data:")) {
                    complaints.add("asks the network for " + url);
                }
            }
            default -> {
                // of no interest
            }
        }
    }

    @Override
    public void close() {
        socket.abort();
        http.shutdownNow();
        process.descendants().forEach(ProcessHandle::destroy);
        process.destroy();
        process.onExit().join();
    }
}
