package dev.softpick.cli.command;

import static org.assertj.core.api.Assertions.assertThat;

import dev.softpick.cli.Invocation;
import dev.softpick.cli.Main;
import dev.softpick.cli.io.Samples;
import dev.softpick.model.SoftpickTransformer;
import dev.softpick.model.Tensor;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.ByteBuffer;
import java.nio.channels.Pipe;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

/** Frames in, outputs out: formats, windows, what is malformed, and the ends of a pipe. */
class StreamCommandTest {

    private static final int EMBED = 16;
    private static final int FRAMES = 20;

    @TempDir
    private Path folder;

    private Path file;
    private SoftpickTransformer model;
    private float[] frames;

    @BeforeEach
    void model() throws IOException {
        file = Samples.model(folder);
        model = SoftpickTransformer.load(file);
        Random random = new Random(6);
        frames = new float[FRAMES * EMBED];
        for (int i = 0; i < frames.length; i++) {
            frames[i] = (float) random.nextGaussian();
        }
    }

    private record Result(int code, byte[] out, String err) {
        List<String> lines() {
            return new String(out, StandardCharsets.US_ASCII).lines().toList();
        }
    }

    private Result stream(byte[] in, String... options) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        StringWriter err = new StringWriter();
        int code = stream(new ByteArrayInputStream(in), out, err, options);
        return new Result(code, out.toByteArray(), err.toString());
    }

    /** The command as users start it, but for where the bytes come from and go to. */
    private int stream(InputStream in, OutputStream out, StringWriter err, String... options) {
        CommandLine main = Main.commandLine().setErr(new PrintWriter(err, true));
        main.setExecutionStrategy(parsed -> {
            CommandLine command = parsed.asCommandLineList().getLast();
            Callable<Integer> run = () -> {
                ((StreamCommand) command.getCommand()).stream(in, out);
                return 0;
            };
            try {
                return run.call();
            } catch (Exception e) {
                throw new CommandLine.ExecutionException(command, e.getMessage(), e);
            }
        });
        String[] args = new String[options.length + 3];
        args[0] = "stream";
        args[1] = "--model";
        args[2] = file.toString();
        System.arraycopy(options, 0, args, 3, options.length);
        return main.execute(args);
    }

    private byte[] csv(float[] values) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < values.length; i++) {
            text.append(values[i]).append(i % EMBED == EMBED - 1 ? "\n" : ",");
        }
        return text.toString().getBytes(StandardCharsets.US_ASCII);
    }

    /** The logits of the model on the frames up to this one, at most the last {@code window}. */
    private float[] logits(int frame, int window) {
        int first = Math.max(0, frame + 1 - window);
        float[] last = Arrays.copyOfRange(frames, first * EMBED, (frame + 1) * EMBED);
        return model.logits(Tensor.of(last, 1, frame + 1 - first, EMBED)).values();
    }

    private static String line(float[] values) {
        StringBuilder line = new StringBuilder();
        for (float value : values) {
            line.append(line.isEmpty() ? "" : ",").append(value);
        }
        return line.toString();
    }

    @Test
    void linesInLinesOut() {
        Result result = stream(csv(frames));
        assertThat(result.err()).isEmpty();
        assertThat(result.code()).isZero();
        assertThat(result.lines()).hasSize(FRAMES);
        for (int i = 0; i < FRAMES; i++) {
            assertThat(result.lines().get(i)).isEqualTo(line(logits(i, model.config().windowSize())));
        }
    }

    @Test
    void rawInRawOutWithTheSameBits() {
        Result result = stream(Samples.littleEndian(frames), "--format", "f32", "--window", "unbounded");
        assertThat(result.code()).isZero();
        assertThat(result.err()).isEqualToIgnoringNewLines(
                "softpick stream: --window unbounded remembers all frames: memory grows by 512 bytes a frame");
        byte[] expected = new byte[0];
        for (int i = 0; i < FRAMES; i++) {
            expected = Samples.concat(expected, Samples.littleEndian(logits(i, FRAMES)));
        }
        assertThat(result.out()).isEqualTo(expected);
    }

    @Test
    void hiddenStatesOfASlidingWindowEveryThirdFrame() {
        Result result = stream(csv(frames), "--hidden", "--window", "sliding", "--every", "3");
        assertThat(result.code()).isZero();
        assertThat(result.lines()).hasSize(FRAMES / 3);
        float[] state = new float[model.outputSize()];
        for (int i = 2, at = 0; i < FRAMES; i += 3, at++) {
            model.forwardBanded(frames, 1, i + 1, state);
            assertThat(result.lines().get(at)).isEqualTo(line(state));
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            1,2,x            | line 3 has 3 values; the model's frames have 16
            ''               | line 3 is empty; each line must hold values
            1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,0x1p3 | line 3, column 16: '0x1p3' is not a number
            1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1e99  | line 3, column 16: '1e99' is more than a float32 can hold
            """)
    void aMalformedLineSaysItsNumberAndStops(String line, String message) {
        byte[] two = csv(Arrays.copyOf(frames, 2 * EMBED));
        byte[] rest = csv(Arrays.copyOfRange(frames, 2 * EMBED, 5 * EMBED));
        byte[] in = Samples.concat(Samples.concat(two, (line + "\n").getBytes(StandardCharsets.US_ASCII)), rest);
        Result stopped = stream(in);
        assertThat(stopped.code()).isEqualTo(1);
        assertThat(stopped.lines()).hasSize(2);
        assertThat(stopped.err()).isEqualToIgnoringNewLines("softpick stream: standard input, " + message);
        Result skipped = stream(in, "--skip-bad");
        assertThat(skipped.code()).isZero();
        assertThat(skipped.lines()).isEqualTo(stream(Samples.concat(two, rest)).lines());
        assertThat(skipped.err()).isEqualToIgnoringNewLines(
                "softpick stream: skipped 1 malformed line: standard input, " + message);
    }

    @Test
    void aLineWithoutAnEndIsNotKept() {
        byte[] endless = new byte[1 << 20];
        Arrays.fill(endless, (byte) '7');
        byte[] in = Samples.concat(Samples.concat(endless, new byte[] {'\n'}), csv(Arrays.copyOf(frames, EMBED)));
        Result result = stream(in, "--skip-bad");
        assertThat(result.code()).isZero();
        assertThat(result.lines()).containsExactly(line(logits(0, 1)));
        assertThat(result.err()).contains("line 1 is longer than 66560 bytes");
    }

    @Test
    void windowsLineEndsAByteOrderMarkAndNoLastLineEnd() {
        String text = new String(csv(frames), StandardCharsets.US_ASCII).replace("\n", "\r\n").strip();
        byte[] mark = {(byte) 0xef, (byte) 0xbb, (byte) 0xbf};
        Result result = stream(Samples.concat(mark, text.getBytes(StandardCharsets.US_ASCII)));
        assertThat(result.err()).isEmpty();
        assertThat(result.lines()).isEqualTo(stream(csv(frames)).lines());
    }

    @Test
    void halfARawFrameIsMalformed() {
        byte[] in = Arrays.copyOf(Samples.littleEndian(frames), 2 * EMBED * 4 + 5);
        Result stopped = stream(in, "--format", "f32");
        assertThat(stopped.code()).isEqualTo(1);
        assertThat(stopped.err()).isEqualToIgnoringNewLines(
                "softpick stream: standard input ends within frame 3, after 5 of 64 bytes");
        Result skipped = stream(in, "--format", "f32", "--skip-bad");
        assertThat(skipped.code()).isZero();
        assertThat(skipped.err()).contains("skipped 1 malformed frame: ");
        assertThat(skipped.out()).isEqualTo(stopped.out());
    }

    @Test
    void noInputIsNoFailure() {
        Result result = stream(new byte[0]);
        assertThat(result.code()).isZero();
        assertThat(result.err()).isEmpty();
        assertThat(result.out()).isEmpty();
    }

    /** An answer does not wait for the next frame. */
    @Test
    void eachAnswerIsWrittenBeforeTheNextFrameIsRead() throws Exception {
        PipedOutputStream toStream = new PipedOutputStream();
        PipedInputStream fromStream = new PipedInputStream();
        InputStream in = new PipedInputStream(toStream);
        OutputStream out = new PipedOutputStream(fromStream);
        StringWriter err = new StringWriter();
        Thread thread = Thread.ofPlatform().start(() -> stream(in, out, err));
        for (int i = 0; i < 3; i++) {
            toStream.write(csv(Arrays.copyOfRange(frames, i * EMBED, (i + 1) * EMBED)));
            toStream.flush();
            StringBuilder answer = new StringBuilder();
            for (int c = fromStream.read(); c != '\n'; c = fromStream.read()) {
                answer.append((char) c);
            }
            assertThat(answer.toString()).isEqualTo(line(logits(i, model.config().windowSize())));
        }
        toStream.close();
        thread.join();
        assertThat(err.toString()).isEmpty();
    }

    @Test
    void aReaderThatHasHadEnoughIsNoFailureAndAFullDiskIs() throws IOException {
        StringWriter err = new StringWriter();
        String gone = null;
        Pipe pipe = Pipe.open();
        pipe.source().close();
        try (Pipe.SinkChannel sink = pipe.sink()) {
            sink.write(ByteBuffer.allocate(1));
        } catch (IOException e) {
            gone = e.getMessage();
        }
        assertThat(stream(new ByteArrayInputStream(csv(frames)), failing(gone), err)).isZero();
        assertThat(err.toString()).isEmpty();
        assertThat(stream(new ByteArrayInputStream(csv(frames)), failing("No space left on device"), err)).isEqualTo(1);
        assertThat(err.toString()).isEqualToIgnoringNewLines(
                "softpick stream: cannot write to standard output: No space left on device");
    }

    private static OutputStream failing(String reason) {
        return new OutputStream() {
            private int written;

            @Override
            public void write(int b) throws IOException {
                if (++written > 500) {
                    throw new IOException(reason);
                }
            }
        };
    }

    @Test
    void wrongUse() {
        assertThat(Invocation.of("stream").err()).contains("--model is missing");
        assertThat(Invocation.of("stream").code()).isEqualTo(2);
        assertThat(Invocation.of("stream", "--model", file, "--window", "round").err())
                .contains("allowed are exact, sliding, unbounded");
        assertThat(Invocation.of("stream", "--model", file, "--format", "json").err()).contains("allowed are csv, f32");
        assertThat(Invocation.of("stream", "--model", file, "--every", "0").code()).isEqualTo(2);
    }
}
