package dev.softpick.cli.report;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import dev.softpick.kernels.BackendInfo;
import dev.softpick.measure.Machine;
import dev.softpick.model.Normalizer;
import dev.softpick.model.SoftpickConfig;
import dev.softpick.model.SoftpickTransformer;
import java.io.IOException;
import java.time.LocalDate;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/** The four normalizers side by side: all numbers of a report, in the form of its JSON. */
public record Comparison(
        Method method, List<Claim> claims, Shapes shapes, Dilution dilution, Saturation saturation,
        List<TrainedModel> models, Speed speed, List<Rounding> rounding) {

    // HTML-safe, so that it can stand in a script element.
    private static final Gson JSON = new GsonBuilder().setPrettyPrinting().create();

    private static final List<String> DATA = List.of("digits", "ecg");

    /** Hears how far it is. */
    @FunctionalInterface
    public interface Watcher {
        /** Now does {@code what}, after {@code done} of {@code of} parts. */
        void at(String what, int done, int of);
    }

    /**
     * What a comparison is of, and on.
     *
     * @param config the sizes of the model whose forward pass is timed
     * @param model its name
     * @param threads that share one forward pass
     */
    public record Setting(
            Effort effort, SoftpickConfig config, String model, int threads, Machine machine, String version,
            String command) {}

    /** Measures everything; takes {@code effort.seconds} and a few. */
    public static Comparison measure(Setting setting, Watcher watcher) throws IOException {
        long start = System.nanoTime();
        Effort effort = setting.effort();
        // before the long work: it refuses more threads than a model can have
        Map<String, SoftpickTransformer> timed = Speed.models(setting.config(), setting.threads());
        int parts = 3 + 2 * DATA.size() * Normalizer.values().length + effort.timedPoints();
        int[] done = {0};
        watcher.at("what they do", done[0]++, parts);
        Shapes shapes = Shapes.measure();
        watcher.at("dilution", done[0]++, parts);
        Dilution dilution = Dilution.measure(effort.seeds());
        watcher.at("saturation", done[0]++, parts);
        Saturation saturation = Saturation.measure(effort.seeds());
        List<TrainedModel> models = new ArrayList<>();
        List<Rounding> rounding = new ArrayList<>();
        for (String data : DATA) {
            TrainedModel.TestSet test = TrainedModel.TestSet.open(data);
            for (Normalizer normalizer : Normalizer.values()) {
                watcher.at("trained models", done[0]++, parts);
                models.add(TrainedModel.measure(test, normalizer, effort.sequences()));
                watcher.at("rounded weights", done[0]++, parts);
                rounding.add(Rounding.measure(test, normalizer, effort.bits()));
            }
        }
        // the timings would share the processors with what still warms up
        timed.values().forEach(SoftpickTransformer::warmUp);
        watcher.at("timings", done[0], parts);
        Speed speed = Speed.measure(effort, timed, setting.model(), () ->
                watcher.at("timings", ++done[0], parts));
        BackendInfo backend = BackendInfo.current();
        Method method = new Method(
                LocalDate.now(ZoneId.systemDefault()).toString(), setting.machine().describe(), setting.machine().jdk(),
                setting.machine().flags(), backend.name(), backend.width(), setting.version(),
                Machine.commit(Comparison.class), effort.name(), setting.command(),
                (System.nanoTime() - start) / 1e9);
        return new Comparison(
                method, Claim.of(shapes, saturation, models), shapes, dilution, saturation, models, speed,
                rounding);
    }

    /** The most telling figures: a name, then one for each normalizer. */
    public List<List<String>> summary() {
        List<List<String>> rows = new ArrayList<>();
        for (TrainedModel model : models) {
            if (model.normalizer().equals(Normalizer.SOFTPICK.id())) {
                String data = model.data();
                rows.add(trained(data + ", " + model.metric(), data, "%.4f", TrainedModel::value));
                rows.add(trained(data + ", weights exactly 0, %", data, "%.1f", m -> 100 * m.weights().zero()));
                rows.add(trained(data + ", effective keys", data, "%.1f", m -> m.weights().effectiveKeys()));
                rows.add(trained(data + ", sink rate, %", data, "%.1f", m -> 100 * m.sinkRate()));
            }
        }
        timed(rows, "row of %,d, ns", speed.rows(), 1);
        timed(rows, "attention, %,d steps, us", speed.attention(), 1e3);
        timed(rows, "forward pass, %,d steps, ms", speed.forward(), 1e6);
        return rows;
    }

    private List<String> trained(
            String name, String data, String format, ToDoubleFunction<TrainedModel> figure) {
        List<String> row = new ArrayList<>(List.of(name));
        for (TrainedModel model : models) {
            if (model.data().equals(data)) {
                row.add(String.format(Locale.ROOT, format, figure.applyAsDouble(model)));
            }
        }
        return row;
    }

    private static void timed(List<List<String>> rows, String name, Speed.Curve curve, double unit) {
        for (Speed.Point point : curve.points()) {
            List<String> row = new ArrayList<>(List.of(String.format(Locale.ROOT, name, point.size())));
            point.nanos().values().forEach(timing ->
                    row.add(String.format(Locale.ROOT, "%.4g", timing.median() / unit)));
            rows.add(row);
        }
    }

    /** Each claim that is made for softpick, and whether the numbers support it. */
    public List<String> verdicts() {
        return claims.stream()
                .map(claim -> (claim.supported() ? "supported:     " : "not supported: ") + claim.claim() + ". "
                        + claim.measured())
                .toList();
    }

    /** All numbers. */
    public String json() {
        return JSON.toJson(this);
    }

    /** The page. */
    public String html() throws IOException {
        return Page.of(this);
    }
}
