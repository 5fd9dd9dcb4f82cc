package dev.softpick.model.forward;

import dev.softpick.kernels.backend.Backend;
import dev.softpick.kernels.layout.PagedKeyValueCache;
import dev.softpick.model.OutputMode;
import java.lang.ref.SoftReference;
import java.util.Arrays;

/** A batch's way through the model under a banded mask, sequence by sequence, a block of rows after the other. */
public final class BandedPass {

    private final RowPass pass;

    private final ScratchPool<Lane> pool = new ScratchPool<>();

    public BandedPass(RowPass pass) {
        this.pass = pass;
    }

    /** Runs the batch on what is warm. */
    public void run(float[] input, int batch, int steps, float[] output) {
        CallEvent event = CallRecord.begin();
        Backend backend = pass.warmUp().backend();
        int block = Math.min(steps, Scratch.BLOCK_ROWS);
        Lane known = pool.take(1, 1, block);
        Lane lane = known != null ? known : new Lane(block);
        int h = pass.config().hiddenSize();
        int answer = pass.config().outputMode() == OutputMode.ALL ? steps * h : h;
        for (int i = 0; i < batch; i++) {
            lane.sequence(backend, input, i * steps, steps, output, i * answer);
        }
        pool.giveBack(lane);
        if (event != null) {
            event.ended("forwardBanded", batch, steps, 1, backend, pass.config());
        }
    }

    /** Memory for one sequence at a time. */
    private final class Lane implements ScratchPool.Memory<Lane> {
        private final SoftReference<Lane> reference = new SoftReference<>(this);
        final int[] rows;
        final Scratch scratch;
        final PagedKeyValueCache cache = pass.newCache(pass.config().windowSize());
        final PagedKeyValueCache[] caches;
        final float[] normed;
        final double[] sums;

        Lane(int count) {
            int h = pass.config().hiddenSize();
            boolean mean = pass.config().outputMode() == OutputMode.MEAN_POOL;
            rows = new int[count];
            scratch = pass.newScratch(count);
            caches = new PagedKeyValueCache[count];
            Arrays.fill(caches, cache);
            normed = new float[mean ? count * h : 0];
            sums = new double[mean ? h : 0];
        }

        @Override
        public boolean fits(int members, int sequences, int steps) {
            return scratch.fits(members, sequences, steps);
        }

        @Override
        public int size() {
            return scratch.size();
        }

        @Override
        public SoftReference<Lane> reference() {
            return reference;
        }

        void sequence(Backend backend, float[] input, int first, int steps, float[] output, int to) {
            int h = pass.config().hiddenSize();
            Arrays.fill(sums, 0);
            for (int step = 0; step < steps; step += rows.length) {
                int n = Math.min(rows.length, steps - step);
                for (int i = 0; i < n; i++) {
                    rows[i] = cache.row(step + i);
                    cache.ensurePage(rows[i]);
                }
                pass.embed(backend, scratch, input, (first + step) * pass.config().embedDim(), n);
                pass.run(backend, scratch, caches, rows, n);
                switch (pass.config().outputMode()) {
                    case LAST_TIMESTEP -> {
                        if (step + n == steps) {
                            pass.finalNorm(backend, scratch, n - 1, 1, output, to);
                        }
                    }
                    case ALL -> pass.finalNorm(backend, scratch, 0, n, output, to + step * h);
                    case MEAN_POOL -> {
                        pass.finalNorm(backend, scratch, 0, n, normed, 0);
                        for (int i = 0; i < n * h; i++) {
                            sums[i % h] += normed[i];
                        }
                    }
                }
            }
            for (int i = 0; i < sums.length; i++) {
                output[to + i] = (float) (sums[i] / steps);
            }
        }
    }
}
