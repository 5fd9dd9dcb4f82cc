package dev.softpick.spark;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.ref.WeakReference;
import org.junit.jupiter.api.Test;

/** One model for each file and JVM, as long as somebody uses it. */
class SharedModelTest {

    @Test
    void whoAsksForTheSameFileSharesItsModel() {
        SharedModel one = new SharedModel("one", SparkTest.bytes(SparkTest.DIGITS));
        SharedModel two = new SharedModel("two", SparkTest.bytes(SparkTest.DIGITS));
        SharedModel other = new SharedModel("other", SparkTest.bytes(SparkTest.ECG));
        assertThat(two.model()).isSameAs(one.model());
        assertThat(other.model()).isNotSameAs(one.model());
    }

    @Test
    void aModelThatNobodyUsesIsReleased() throws InterruptedException {
        byte[] file = SparkTest.bytes(SparkTest.DIGITS.resolveSibling("digits-ssmax.safetensors"));
        var released = new WeakReference<>(new SharedModel("alone", file).model());
        // The warm-up of a first model holds it for a second or two.
        for (int i = 0; i < 300 && released.get() != null; i++) {
            System.gc();
            Thread.sleep(100);
        }
        assertThat(released.get()).isNull();
    }
}
