package dev.softpick.kernels;

import dev.softpick.kernels.select.BackendWarmUp;

/**
 * Has the vector kernels compiled before they are needed, for those who call kernels without a model.
 *
 * <p>Kernels that are called on their own run on vectors from the first call on, and until C2 has compiled a kernel
 * each of its vectors is an object: the first {@code 60×256} by {@code 256×1024} product takes some 360 ms and
 * allocates hundreds of megabytes, later ones less than a millisecond and nothing. {@code -Dsoftpick.backend=scalar}
 * avoids that at the price of slower kernels. Models need none of this: they run on scalar kernels until the vector
 * kernels are compiled.
 */
public final class WarmUp {

    private WarmUp() {}

    /**
     * Calls every kernel of this package, on small inputs and on the caller's thread, until C2 has compiled it: some
     * seconds on an idle machine, at most five a kernel. What is compiled already is not called again. Returns at once
     * where kernels run on scalar code.
     *
     * @return whether all are compiled; false also if the thread was interrupted, whose status is then set
     */
    public static boolean run() {
        return BackendWarmUp.everything();
    }
}
