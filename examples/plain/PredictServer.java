import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.softpick.model.SoftpickTransformer;
import dev.softpick.model.Tensor;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A model behind the JDK's own HTTP server: {@code POST /predict} and {@code GET /ready}.
 *
 * <p>The answer is the logits where the model has a classifier head, else the hidden state. JSON is
 * {@code {"shape":[batch,steps,embed],"values":[…]}}, keys in this order; {@code application/octet-stream} is one
 * window of float32, little-endian, frame by frame.
 */
public final class PredictServer {

    private static final int MOST_BYTES = 1 << 20;

    /** Frames of a request; memory and time of a call grow with them, and one number a frame takes few bytes. */
    private static final int MOST_FRAMES = 4_096;

    /** For what runs when the server is told to stop. */
    private static final int STOP_SECONDS = 30;

    private static final String RAW = "application/octet-stream";
    private static final String JSON = "application/json";
    private static final String TEXT = "text/plain; charset=utf-8";
    private static final Pattern TENSOR = Pattern.compile(
            "\\s*\\{\\s*\"shape\"\\s*:\\s*\\[([\\d\\s,]*)]\\s*,\\s*\"values\"\\s*:\\s*\\[([-+\\d.eE\\s,]*)]\\s*}\\s*");

    private final SoftpickTransformer model;

    /** On virtual threads themselves, calls would keep every carrier to their end, and no probe would get through. */
    private final ExecutorService processors =
            Executors.newFixedThreadPool(Runtime.getRuntime().availableProcessors());

    private volatile boolean ready;

    private PredictServer(SoftpickTransformer model) {
        this.model = model;
    }

    public static void main(String[] args) throws IOException {
        if (args.length < 1 || args.length > 2) {
            System.err.println("usage: PredictServer MODEL.safetensors [PORT]");
            System.exit(2);
        }
        int port = args.length == 2 ? Integer.parseInt(args[1]) : 8080;
        try {
            new PredictServer(SoftpickTransformer.load(Path.of(args[0]))).serve(port);
        } catch (NoSuchFileException e) {
            System.err.println(e.getFile() + ": no such file");
            System.exit(1);
        } catch (IOException e) {
            System.err.println(e.getMessage());
            System.exit(1);
        }
    }

    private void serve(int port) throws IOException {
        // Or an answer in two packets waits 40 ms for the client to acknowledge the first.
        System.setProperty("sun.net.httpserver.nodelay", "true");
        HttpServer server = HttpServer.create(new InetSocketAddress(port), 0);
        server.createContext("/ready", this::ready);
        server.createContext("/predict", this::predict);
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        Runtime.getRuntime().addShutdownHook(new Thread(() -> server.stop(STOP_SECONDS)));
        server.start();
        model.warmUp();
        ready = true;
        System.getLogger(PredictServer.class.getName())
                .log(System.Logger.Level.INFO, "ready on port " + server.getAddress().getPort());
    }

    private void ready(HttpExchange exchange) throws IOException {
        answer(exchange, ready ? 200 : 503, TEXT, ready ? "ready\n" : "warming up\n");
    }

    private void predict(HttpExchange exchange) throws IOException {
        byte[] body = exchange.getRequestBody().readNBytes(MOST_BYTES + 1);
        boolean raw = RAW.equals(exchange.getRequestHeaders().getFirst("Content-Type"));
        if (!exchange.getRequestMethod().equals("POST")) {
            answer(exchange, 405, TEXT, "POST a window\n");
        } else if (body.length > MOST_BYTES) {
            answer(exchange, 413, TEXT, "the body has more than " + MOST_BYTES + " bytes\n");
        } else {
            try {
                Tensor y = predict(raw ? fromBytes(body) : fromJson(body));
                if (raw) {
                    answer(exchange, 200, RAW, toBytes(y));
                } else {
                    answer(exchange, 200, JSON, toJson(y));
                }
            } catch (NumberFormatException e) {
                answer(exchange, 400, TEXT, "a number in the body is none: " + e.getMessage() + "\n");
            } catch (IllegalArgumentException e) {
                answer(exchange, 400, TEXT, e.getMessage() + "\n");
            }
        }
    }

    private Tensor predict(Tensor x) {
        if (x.values().length > (long) MOST_FRAMES * model.config().embedDim()) {
            throw new IllegalArgumentException("the request has more than " + MOST_FRAMES + " frames");
        }
        try {
            return CompletableFuture
                    .supplyAsync(() -> model.hasClassifier() ? model.logits(x) : model.forward(x), processors)
                    .join();
        } catch (CompletionException e) {
            if (e.getCause() instanceof RuntimeException wrong) {
                throw wrong;
            }
            throw e;
        }
    }

    private Tensor fromBytes(byte[] body) {
        int embed = model.config().embedDim();
        if (body.length % (embed * Float.BYTES) != 0) {
            throw new IllegalArgumentException("the body has " + body.length + " bytes; a frame has "
                    + embed * Float.BYTES + ", " + embed + " floats");
        }
        FloatBuffer floats = ByteBuffer.wrap(body).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer();
        float[] values = new float[floats.remaining()];
        floats.get(values);
        return Tensor.of(values, 1, values.length / embed, embed);
    }

    private static byte[] toBytes(Tensor y) {
        ByteBuffer bytes = ByteBuffer.allocate(y.values().length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asFloatBuffer().put(y.values());
        return bytes.array();
    }

    /** The JDK has no reader of JSON; one form needs none. */
    private static Tensor fromJson(byte[] body) {
        Matcher json = TENSOR.matcher(new String(body, StandardCharsets.UTF_8));
        if (!json.matches()) {
            throw new IllegalArgumentException("the body is not {\"shape\":[batch,steps,embed],\"values\":[numbers]}");
        }
        int[] shape = numbers(json.group(1)).mapToInt(Integer::parseInt).toArray();
        double[] numbers = numbers(json.group(2)).mapToDouble(Float::parseFloat).toArray();
        float[] values = new float[numbers.length];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) numbers[i];
        }
        return Tensor.of(values, shape);
    }

    private static Stream<String> numbers(String list) {
        return list.isBlank() ? Stream.empty() : Stream.of(list.split(",", -1)).map(String::strip);
    }

    private static byte[] toJson(Tensor y) {
        StringBuilder json = new StringBuilder("{\"shape\":[");
        for (int i = 0; i < y.rank(); i++) {
            json.append(i == 0 ? "" : ",").append(y.size(i));
        }
        json.append("],\"values\":[");
        for (int i = 0; i < y.values().length; i++) {
            float value = y.values()[i];
            json.append(i == 0 ? "" : ",");
            if (Float.isFinite(value)) {
                json.append(value);
            } else {
                json.append('"').append(value).append('"'); // JSON has no number for it
            }
        }
        return json.append("]}\n").toString().getBytes(StandardCharsets.UTF_8);
    }

    private static void answer(HttpExchange exchange, int status, String type, String text) throws IOException {
        answer(exchange, status, type, text.getBytes(StandardCharsets.UTF_8));
    }

    private static void answer(HttpExchange exchange, int status, String type, byte[] body) throws IOException {
        try (exchange) {
            exchange.getResponseHeaders().set("Content-Type", type);
            exchange.sendResponseHeaders(status, body.length);
            exchange.getResponseBody().write(body);
        }
    }
}
