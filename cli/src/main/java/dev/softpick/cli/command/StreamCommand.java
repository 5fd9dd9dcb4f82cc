package dev.softpick.cli.command;

import dev.softpick.cli.io.Frames;
import dev.softpick.cli.io.MalformedException;
import dev.softpick.cli.terminal.Decimals;
import dev.softpick.cli.terminal.Failures;
import dev.softpick.cli.terminal.StandardStreams;
import dev.softpick.model.Normalizer;
import dev.softpick.model.SoftpickConfig;
import dev.softpick.model.SoftpickTransformer;
import dev.softpick.model.StreamingSession;
import dev.softpick.model.Window;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/** {@code softpick stream}: frames on standard input, answers on standard output. */
@Command(
        name = "stream",
        header = "Answers frames as they come: frames on standard input, outputs on standard output.",
        description = {
            "",
            "Each frame gets an output from the model, which --model must name, written at once: the class scores"
                    + " (logits) of a model with a head, else the hidden state. Runs until the input ends or the reader"
                    + " of the output has had enough, in constant memory, but for --window unbounded. A frame is "
                    + "computed on one thread, whatever --threads is.",
            ""
        },
        footer = {
            "",
            "Windows; each gives the same bits as a batch:",
            "  exact      the last window_size frames, recomputed for each frame once there are more",
            "  sliding    each layer attends to the last window_size positions; one row a frame, for ever",
            "  unbounded  all frames; one row a frame, and memory grows with every frame",
            "Formats, of input and output:",
            "  csv        a line a frame, commas between values, no header",
            "  f32        little-endian float32, nothing between frames",
            "",
            "Examples:",
            "  softpick stream --model m.safetensors < frames.csv > outputs.csv",
            "  sensor | softpick stream --model m.safetensors --window sliding --every 10",
            "  softpick stream --model m.safetensors --format f32 --skip-bad < frames.f32 > outputs.f32"
        })
public final class StreamCommand implements Callable<Integer> {

    enum Format { CSV, F32 }

    @Spec
    private CommandSpec spec;

    @Mixin
    private ModelOptions modelOptions;

    @Mixin
    private WeightsOption weights;

    @Option(
            names = "--window",
            paramLabel = "NAME",
            defaultValue = "exact",
            converter = WindowName.class,
            description = "exact, sliding or unbounded; default ${DEFAULT-VALUE}.")
    @SuppressWarnings("NullAway.Init") // has a default
    private Window window;

    @Option(
            names = "--format",
            paramLabel = "NAME",
            defaultValue = "csv",
            converter = FormatName.class,
            description = "csv or f32; default ${DEFAULT-VALUE}.")
    @SuppressWarnings("NullAway.Init") // has a default
    private Format format;

    @Option(
            names = "--every",
            paramLabel = "N",
            defaultValue = "1",
            converter = Count.class,
            description = "Write the output of every Nth frame only; default ${DEFAULT-VALUE}.")
    private int every;

    @Option(
            names = "--skip-bad",
            description = "Skip a malformed line, and say at the end how many there were; else the first one ends the"
                    + " stream.")
    private boolean skipBad;

    @Option(names = "--hidden", description = "Hidden states, also from a model with a head.")
    private boolean hidden;

    @Mixin
    private CommonOptions common;

    @Override
    public Integer call() throws IOException {
        // Neither is ours to close; a print stream would keep it to itself that nobody reads.
        stream(StandardStreams.in(), new FileOutputStream(FileDescriptor.out));
        return 0;
    }

    /** Until {@code in} ends or nobody reads {@code out} any more. */
    void stream(InputStream in, OutputStream out) throws IOException {
        common.apply();
        modelOptions.required("that the frames are for");
        SoftpickTransformer model = modelOptions.load(common, null, weights.format);
        int embed = model.config().embedDim();
        Frames frames = format == Format.CSV ? new Frames.Csv(in, embed) : new Frames.Raw(in, embed);
        PrintWriter err = spec.commandLine().getErr();
        if (window == Window.UNBOUNDED) {
            err.println(spec.qualifiedName() + ": --window unbounded remembers all frames: memory grows by "
                    + Decimals.grouped(bytesPerFrame(model.config())) + " bytes a frame");
            err.flush();
        }
        try (StreamingSession session = model.newSession(window)) {
            answer(session, frames, out, err);
        }
    }

    private static long bytesPerFrame(SoftpickConfig config) {
        int kept = config.normalizer() == Normalizer.SOFTPICK ? 1 : 2;
        return (long) Float.BYTES * config.numLayers() * config.hiddenSize() * kept;
    }

    private void answer(StreamingSession session, Frames frames, OutputStream out, PrintWriter err) throws IOException {
        SoftpickTransformer model = session.model();
        boolean logits = model.hasClassifier() && !hidden;
        float[] frame = new float[model.config().embedDim()];
        float[] state = new float[model.outputSize()];
        float[] output = logits ? new float[model.classes()] : state;
        long taken = 0;
        long skipped = 0;
        String firstSkipped = "";
        boolean read = true;
        while (read) {
            try {
                if (!frames.next(frame)) {
                    break;
                }
            } catch (MalformedException e) {
                if (!skipBad) {
                    throw e;
                }
                firstSkipped = skipped++ == 0 ? Failures.message(e) : firstSkipped;
                continue;
            }
            if (++taken % every != 0) {
                session.feed(frame, 1);
                continue;
            }
            session.step(frame, state);
            if (logits) {
                session.logits(output);
            }
            read = write(output, out);
        }
        if (skipped > 0) {
            err.println(spec.qualifiedName() + ": skipped " + Decimals.grouped(skipped) + " malformed " + frames.unit()
                    + (skipped == 1 ? ": " : "s, the first: ") + Failures.oneLine(firstSkipped));
            err.flush();
        }
    }

    /** One output in one piece; false if nobody reads it any more, which is no failure. */
    private boolean write(float[] output, OutputStream out) throws IOException {
        try {
            out.write(format == Format.CSV ? line(output) : bytes(output));
            out.flush();
            return true;
        } catch (IOException e) {
            if (StandardStreams.isReaderGone(e)) {
                return false;
            }
            throw new IOException("cannot write to standard output: " + Failures.message(e), e);
        }
    }

    private static byte[] line(float[] output) {
        StringBuilder line = new StringBuilder();
        for (int i = 0; i < output.length; i++) {
            line.append(i == 0 ? "" : ",").append(output[i]);
        }
        return line.append('\n').toString().getBytes(StandardCharsets.US_ASCII);
    }

    private static byte[] bytes(float[] output) {
        ByteBuffer bytes = ByteBuffer.allocate(output.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asFloatBuffer().put(output);
        return bytes.array();
    }

    /** Windows go by their names in lower case. */
    static final class WindowName implements ITypeConverter<Window> {
        @Override
        public Window convert(String text) {
            for (Window window : Window.values()) {
                if (window.name().toLowerCase(Locale.ROOT).equals(text)) {
                    return window;
                }
            }
            throw new TypeConversionException("'" + text + "'; allowed are exact, sliding, unbounded");
        }
    }

    /** Formats too. */
    static final class FormatName implements ITypeConverter<Format> {
        @Override
        public Format convert(String text) {
            return switch (text) {
                case "csv" -> Format.CSV;
                case "f32" -> Format.F32;
                default -> throw new TypeConversionException("'" + text + "'; allowed are csv, f32");
            };
        }
    }
}
