package dev.softpick.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a cold JVM must not do between the file and the first output. */
@Tag("once")
class ColdStartTest {

    /** Lambdas, switches on types and what records say of themselves: each is linked at run time, 5 to 25 ms. */
    @Test
    void nothingIsLinkedAtRunTimeUntilTheFirstOutput(@TempDir Path folder) throws Exception {
        Path file = folder.resolve("model.safetensors");
        SoftpickTransformer.random(SoftpickConfig.builder().embedDim(8).hiddenSize(16).numHeads(2).build(), 1)
                .save(file);
        ChildJvm jvm = ChildJvm.run(
                FirstCall.class, List.of("-Dsoftpick.backend=scalar", "-Xlog:class+load"), file.toString());
        assertThat(jvm.exit()).as(jvm.output()).isZero();
        assertThat(jvm.output()).contains("dev.softpick.model.SoftpickTransformer ", "first output");
        String before = jvm.output().substring(0, jvm.output().indexOf("first output"));
        assertThat(before.lines())
                .noneMatch(line -> line.contains("java.lang.runtime.") || line.contains("dev.softpick")
                        && line.contains("$$Lambda"));
    }

    /** A model from a file, and one call. */
    static final class FirstCall {
        public static void main(String[] args) throws Exception {
            SoftpickTransformer model = SoftpickTransformer.load(Path.of(args[0]));
            float[] y = new float[model.outputSize()];
            model.forward(new float[60 * model.config().embedDim()], 1, 60, y);
            System.out.println("first output");
        }
    }
}
