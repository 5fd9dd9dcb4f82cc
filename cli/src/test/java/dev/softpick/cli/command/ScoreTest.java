package dev.softpick.cli.command;

import static org.assertj.core.api.Assertions.assertThat;

import dev.softpick.cli.io.Labels;
import org.junit.jupiter.api.Test;

class ScoreTest {

    private static final float NAN = Float.NaN;

    @Test
    void theLargestIsTheFirstOfEqualsAndNeverNaN() {
        assertThat(Score.largest(new float[] {9, 1, 3, 3, 2}, 1, 4)).isEqualTo(1);
        assertThat(Score.largest(new float[] {NAN, -5, NAN}, 0, 3)).isEqualTo(1);
        assertThat(Score.largest(new float[] {NAN, NAN}, 0, 2)).isEqualTo(-1);
    }

    @Test
    void accuracyCountsPieces() {
        Score score = Score.of(new Labels.Classes(new long[] {0, 1, 1}), 2);
        score.accept(0, 2, null, new float[] {1, 0, 1, 0});
        score.accept(2, 1, null, new float[] {0, 1});
        assertThat(score.line()).isEqualTo("accuracy 0.6667 (2 of 3)");
        assertThat(score.note()).isNull();
    }

    @Test
    void r2IsTheMeanOverTheOutputs() {
        Score score = Score.of(new Labels.Numbers(new double[] {1, 10, 2, 20, 3, 30}, 2), 2);
        score.accept(0, 1, null, new float[] {1, 20});
        score.accept(1, 2, null, new float[] {2, 20, 3, 20});
        assertThat(score.line()).isEqualTo("r2 0.5000");
    }

    @Test
    void labelsThatDoNotVaryAreSaidToBeUseless() {
        Score score = Score.of(new Labels.Numbers(new double[] {1, 1}, 1), 1);
        score.accept(0, 2, null, new float[] {1, 2});
        assertThat(score.line()).isEqualTo("r2 -Infinity");
        assertThat(score.note()).contains("not all alike");
    }

    @Test
    void labelsThatDoNotFitAreNotScored() {
        Score score = Score.of(new Labels.Numbers(new double[] {1, 1}, 1), 10);
        score.accept(0, 2, null, new float[20]);
        assertThat(score.line()).isNull();
        assertThat(score.note()).isEqualTo(
                "no score: the tensor label has 1 numbers for each sequence; the model has 10 outputs");
        assertThat(Score.of(new Labels.Unusable("bad shape"), 1).note()).isEqualTo("no score: bad shape");
    }

    @Test
    void withoutLabelsThereIsNoScore() {
        assertThat(Score.of(null, 3)).isNull();
    }
}
