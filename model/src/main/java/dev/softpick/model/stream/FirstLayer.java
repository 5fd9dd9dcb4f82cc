package dev.softpick.model.stream;

import dev.softpick.model.SoftpickConfig;
import dev.softpick.model.forward.Scratch;

/**
 * What an exact window keeps of its frames: all that does not depend on where the window begins. A ring of the frames
 * themselves, of their first hidden states, and of the first block's queries, keys and values.
 *
 * <p>The first block's scores do not depend on it either, but they are less than a thousandth of the work, and the sums
 * over them begin at the window's first key.
 */
public final class FirstLayer {

    private final int window;
    private final int embed;
    private final int h;
    private final float[] frames;
    private final float[] hidden;
    private final float[] qkv;

    public FirstLayer(SoftpickConfig config) {
        window = config.windowSize();
        embed = config.embedDim();
        h = config.hiddenSize();
        frames = new float[Math.multiplyExact(window, embed)];
        hidden = new float[Math.multiplyExact(window, h)];
        qkv = new float[Math.multiplyExact(window, 3 * h)];
    }

    private FirstLayer(FirstLayer other) {
        window = other.window;
        embed = other.embed;
        h = other.h;
        frames = other.frames.clone();
        hidden = other.hidden.clone();
        qkv = other.qkv.clone();
    }

    /** A copy. */
    public FirstLayer fork() {
        return new FirstLayer(this);
    }

    /** Takes an embedded row, in place of the oldest. */
    public void put(long position, float[] input, int from, Scratch s, int row) {
        int slot = (int) (position % window);
        System.arraycopy(input, from, frames, slot * embed, embed);
        s.hidden.get(row, 1, hidden, slot * h);
        s.qkv.get(row, 1, qkv, slot * 3 * h);
    }

    /** The last {@code count} rows before {@code end}, oldest first, to the scratch rows from {@code row} on. */
    void copyTo(long end, int count, Scratch s, int row) {
        int oldest = (int) ((end - count) % window);
        copy(hidden, oldest, count, h, s.hidden.values(), s.hidden.at(row));
        copy(qkv, oldest, count, 3 * h, s.qkv.values(), s.qkv.at(row));
    }

    /** The last {@code count} frames before {@code end}, oldest first. */
    public float[] frames(long end, int count) {
        float[] last = new float[count * embed];
        copy(frames, (int) ((end - count) % window), count, embed, last, 0);
        return last;
    }

    private void copy(float[] ring, int oldest, int count, int width, float[] to, int at) {
        int tail = Math.min(count, window - oldest);
        System.arraycopy(ring, oldest * width, to, at, tail * width);
        System.arraycopy(ring, 0, to, at + tail * width, (count - tail) * width);
    }

    /** Floats kept. */
    public long size() {
        return (long) frames.length + hidden.length + qkv.length;
    }
}
