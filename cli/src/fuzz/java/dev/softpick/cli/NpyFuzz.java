package dev.softpick.cli;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.IOException;

/** Any bytes in a .npy file. */
class NpyFuzz {

    @FuzzTest(maxDuration = "10m")
    void anyBytes(byte[] file) throws IOException {
        InputFuzz.check(file, ".npy");
    }
}
