package dev.softpick.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Other vector code in the same JVM, at every species, before ours: it fills the profiles of the vector classes' own
 * methods, which made kernels of other libraries box.
 */
@Tag("once")
@Tag("long")
class ForeignVectorsTest {

    @Test
    void callsAllocateNothingAfterAMillionForeignOperations() throws Exception {
        ChildJvm jvm = ChildJvm.run(ForeignVectors.class, List.of("-Xmx1g"), "foreign");
        assertThat(jvm.exit()).as(jvm.output()).isZero();
        assertThat(jvm.output()).contains("bytes of ten calls: 0");
    }
}
