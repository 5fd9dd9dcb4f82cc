package dev.softpick.spark;

import java.io.IOException;
import java.io.Serializable;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Iterator;
import java.util.function.Predicate;

/**
 * Holds one task in the middle of its rows until the process that it runs in is killed. That it stands there, a file
 * with the number of this process says; the task that runs instead of it finds the place taken and passes.
 *
 * @param folder where the file {@code halted} appears
 * @param rows after how many rows of a task that count
 */
record Halt(String folder, int rows) implements Serializable {

    private static final long LONGEST_MILLIS = 120_000;

    /** The file that appears while a task stands. */
    static Path mark(Path folder) {
        return folder.resolve("halted");
    }

    /** Rows pass, but for one task that has passed on so many that count. */
    <T> Iterator<T> watch(Iterator<T> from, Predicate<T> counts) {
        return new Iterator<>() {

            private int seen;

            @Override
            public boolean hasNext() {
                return from.hasNext();
            }

            @Override
            public T next() {
                T row = from.next();
                if (counts.test(row) && ++seen == rows) {
                    stand();
                }
                return row;
            }
        };
    }

    private void stand() {
        Path place = Path.of(folder);
        try {
            Files.createFile(place.resolve("taken"));
        } catch (FileAlreadyExistsException e) {
            return;
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
        try {
            Path written = Files.writeString(place.resolve("writing"), Long.toString(ProcessHandle.current().pid()));
            Files.move(written, mark(place), StandardCopyOption.ATOMIC_MOVE);
            Thread.sleep(LONGEST_MILLIS);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        throw new IllegalStateException("nobody has killed this process");
    }
}
