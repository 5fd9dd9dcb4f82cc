package dev.softpick.kernels;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** {@link Softpick} against what the real Edifice computed in double: all axes, several kinds of data. */
class GoldenTest {

    @Test
    void softpickIsWhatEdificeComputes() throws IOException, URISyntaxException {
        Path one = Path.of(GoldenTest.class.getResource("/golden/layer_default.safetensors").toURI());
        List<Path> files;
        try (Stream<Path> all = Files.list(one.getParent())) {
            files = all.filter(file -> file.toString().endsWith(".safetensors")).sorted().toList();
        }
        double worst = 0;
        for (Path file : files) {
            worst = Math.max(worst, worstError(file));
        }
        System.out.println("softpick: " + files.size() + " golden files, worst relative error " + worst);
        assertThat(files).hasSize(36);
    }

    /** The largest relative error of normal results; a subnormal one may be off by one unit in the last place. */
    private static double worstError(Path file) throws IOException {
        ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
        int header = Math.toIntExact(bytes.getLong(0));
        String text = new String(bytes.array(), Long.BYTES, header, StandardCharsets.UTF_8);
        ByteBuffer data = bytes.slice(Long.BYTES + header, bytes.capacity() - Long.BYTES - header);
        data.order(ByteOrder.LITTLE_ENDIAN);

        int[] shape = integers(find(text, "\"input\":\\{\"dtype\":\"F32\",\"shape\":\\[([0-9,]*)]"));
        int axis = Integer.parseInt(find(text, "\"axis\":\"(-?[0-9]+)\""));
        int input = integers(find(text, "\"input\":\\{[^}]*\"data_offsets\":\\[([0-9,]*)]"))[0];
        int expected = integers(find(text, "\"expected_f64\":\\{[^}]*\"data_offsets\":\\[([0-9,]*)]"))[0];

        float[] x = new float[Arrays.stream(shape).reduce(1, Math::multiplyExact)];
        for (int i = 0; i < x.length; i++) {
            x[i] = data.getFloat(input + i * Float.BYTES);
        }
        float[] y = Kernels.unwritten(x.length);
        Softpick.normalize(x, shape, axis, y);

        double worst = 0;
        for (int i = 0; i < y.length; i++) {
            double right = data.getDouble(expected + i * Double.BYTES);
            double error = Math.abs(y[i] - right);
            String what = file.getFileName() + ", element " + i;
            assertThat(error).as(what).isLessThanOrEqualTo(Math.max(3e-7 * Math.abs(right), Float.MIN_VALUE));
            assertThat(Math.copySign(1f, y[i])).as("sign of " + what).isEqualTo(Math.copySign(1f, x[i]));
            if (Math.abs(right) >= Float.MIN_NORMAL) {
                worst = Math.max(worst, error / Math.abs(right));
            }
        }
        return worst;
    }

    private static String find(String text, String pattern) {
        Matcher matcher = Pattern.compile(pattern).matcher(text);
        assertThat(matcher.find()).as(pattern + " in " + text).isTrue();
        return matcher.group(1);
    }

    private static int[] integers(String list) {
        return Arrays.stream(list.split(",")).mapToInt(Integer::parseInt).toArray();
    }
}
