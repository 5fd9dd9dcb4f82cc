package dev.softpick.kernels;

import dev.softpick.kernels.backend.Backend;
import dev.softpick.kernels.select.Backends;

/**
 * Which kernels run, and why.
 *
 * <p>The vector kernels run where {@code --add-modules jdk.incubator.vector} is given and the JVM has its C2 compiler;
 * the system property {@code softpick.backend} ({@code vector} or {@code scalar}) overrides the choice. It is made
 * once. The results have the same bits either way.
 *
 * <p>Kernels that are called on their own run on it from the first call on. A model moves to vector kernels as they get
 * warm, unless the property says {@code vector}: then it starts on them.
 *
 * @param name {@code vector} or {@code scalar}
 * @param width of a vector in bits; 0 for scalar
 * @param reason why this one, in a few words
 */
public record BackendInfo(String name, int width, String reason) {

    /**
     * The backend of this JVM.
     *
     * @return what runs, and why
     * @throws IllegalStateException if {@code softpick.backend} asks for something that cannot be had
     */
    public static BackendInfo current() {
        Backend backend = Backends.current();
        return new BackendInfo(backend.name(), backend.width(), Backends.reason());
    }
}
