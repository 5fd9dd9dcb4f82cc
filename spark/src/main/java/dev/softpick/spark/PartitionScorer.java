package dev.softpick.spark;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import org.apache.spark.api.java.function.MapPartitionsFunction;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;

/** Scores the rows of a partition, some together. */
record PartitionScorer(
        Broadcast<SharedModel> model, Output output, HandleInvalid invalid, int batchSize, int input, int lengths,
        String column) implements MapPartitionsFunction<Row, Row> {

    @Override
    public Iterator<Row> call(Iterator<Row> rows) {
        return new Scored(rows, this);
    }

    /** Reads rows until a batch is full, answers them in order, and goes on. */
    private static final class Scored implements Iterator<Row> {

        private final Iterator<Row> rows;
        private final PartitionScorer score;
        private final Batch batch;
        private final List<Row> read;

        /** For each row that was read, its place in the batch; −1 where the answer is null. */
        private final int[] places;

        private int next;
        private long seen;

        Scored(Iterator<Row> rows, PartitionScorer score) {
            this.rows = rows;
            this.score = score;
            batch = new Batch(score.model.value().model(), score.output, score.batchSize);
            read = new ArrayList<>(score.batchSize);
            places = new int[score.batchSize];
        }

        @Override
        public boolean hasNext() {
            if (next == read.size()) {
                fill();
            }
            return next < read.size();
        }

        @Override
        public Row next() {
            if (!hasNext()) {
                throw new NoSuchElementException();
            }
            Row row = read.get(next);
            int place = places[next++];
            Object[] values = new Object[row.size() + 1];
            for (int i = 0; i < row.size(); i++) {
                values[i] = row.get(i);
            }
            values[row.size()] = place < 0 ? null : batch.answer(place);
            return RowFactory.create(values);
        }

        private void fill() {
            read.clear();
            batch.clear();
            next = 0;
            while (read.size() < score.batchSize && rows.hasNext()) {
                Row row = rows.next();
                seen++;
                int place = -1;
                if (!row.isNullAt(score.input)) {
                    String problem = score.lengths >= 0 && row.isNullAt(score.lengths)
                            ? "its length is null"
                            : batch.add(row.get(score.input), frames(row));
                    if (problem == null) {
                        place = batch.rows() - 1;
                    } else if (score.invalid == HandleInvalid.ERROR) {
                        throw new IllegalArgumentException("row " + seen + " of its partition, column '" + score.column
                                + "': " + problem + " (handleInvalid skip drops such rows, keep gives null)");
                    } else if (score.invalid == HandleInvalid.SKIP) {
                        continue;
                    }
                }
                places[read.size()] = place;
                read.add(row);
            }
            batch.compute();
        }

        /** How many frames of a row's window count; −1 for all. */
        private int frames(Row row) {
            return score.lengths < 0
                    ? -1
                    : Math.clamp(((Number) row.get(score.lengths)).longValue(), 0, Integer.MAX_VALUE);
        }
    }
}
