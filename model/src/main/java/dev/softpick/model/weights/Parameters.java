package dev.softpick.model.weights;

import dev.softpick.model.ModelFormatException;
import dev.softpick.model.SoftpickConfig;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.Set;

/**
 * The one walk over a model's parameters, in the order of the computation, which loading, saving, random weights and
 * the table of layers share.
 */
public final class Parameters {

    /** Where values come from: a file, or a random generator. */
    @FunctionalInterface
    public interface Values {
        /** The values of a parameter; the array may be longer, and is good until the next one is asked for. */
        float[] get(Parameter parameter) throws ModelFormatException;

        /** A kernel in bfloat16, rounded unless it is kept so. */
        default short[] bfloat16(Parameter kernel) throws ModelFormatException {
            return Rounding.bfloat16(kernel, get(kernel));
        }

        /** A kernel in int8, rounded unless it is kept so. */
        default Rounding.Int8 int8(Parameter kernel) throws ModelFormatException {
            return Rounding.int8(kernel, get(kernel));
        }
    }

    private Parameters() {}

    /** Every parameter of a model with these options; without classes it has no classifier. */
    public static List<Parameter> of(SoftpickConfig config, int classes) {
        List<Parameter> parameters = new ArrayList<>();
        Part[] parts = Part.values();
        for (int i = 0; i < parts.length; i++) {
            if (!parts[i].inBlock()) {
                add(parameters, parts[i], 0, config, classes);
                continue;
            }
            int end = i;
            while (parts[end].inBlock()) {
                end++;
            }
            for (int block = 1; block <= config.numLayers(); block++) {
                for (int part = i; part < end; part++) {
                    add(parameters, parts[part], block, config, classes);
                }
            }
            i = end - 1;
        }
        return parameters;
    }

    /** Those that a model has. */
    public static List<Parameter> of(SoftpickConfig config, ModelWeights weights) {
        return present(config, weights.classes(), weights.withoutBias());
    }

    /** The same in the order of their names, as in Edifice's files. */
    public static List<Parameter> sorted(SoftpickConfig config, ModelWeights weights) {
        List<Parameter> parameters = of(config, weights);
        parameters.sort(Comparator.comparing(Parameter::name));
        return parameters;
    }

    /** Those of a model some of whose parts have no bias. */
    private static List<Parameter> present(SoftpickConfig config, int classes, Set<Part> withoutBias) {
        List<Parameter> present = new ArrayList<>();
        for (Parameter parameter : of(config, classes)) {
            if (parameter.isFirst() || !withoutBias.contains(parameter.part())) {
                present.add(parameter);
            }
        }
        return present;
    }

    private static void add(List<Parameter> parameters, Part part, int block, SoftpickConfig config, int classes) {
        if (!part.isIn(config, classes)) {
            return;
        }
        String name = part.name(block);
        int out = part.outputSize(config, classes);
        switch (part.form()) {
            case MATRIX -> {
                int[] shape = {part.inputSize(config), out};
                parameters.add(new Parameter(name + ".kernel", shape, part, block, true));
                parameters.add(new Parameter(name + ".bias", new int[] {out}, part, block, false));
            }
            case NORM -> {
                parameters.add(new Parameter(name + ".gamma", new int[] {out}, part, block, true));
                parameters.add(new Parameter(name + ".beta", new int[] {out}, part, block, false));
            }
            case SCALE -> parameters.add(new Parameter(name + ".scale", new int[0], part, block, true));
        }
    }

    /**
     * The model of these values, packed; parts without a bias add zeros.
     *
     * @throws IllegalArgumentException if the model is too large, or a kernel cannot be rounded
     */
    public static ModelWeights build(SoftpickConfig config, int classes, Set<Part> withoutBias, Values values)
            throws ModelFormatException {
        ModelWeights weights = ModelWeights.allocate(config, classes, withoutBias);
        for (Parameter parameter : present(config, classes, withoutBias)) {
            weights.fill(parameter, values);
        }
        return weights;
    }

    /**
     * Axon's initialisation: kernels Glorot-uniform, ±√(6 / (in + out)); biases and betas 0; gammas and SSMax
     * scales 1. The generator is {@link Random}, whose sequence is specified, so a seed means the same model
     * everywhere.
     */
    public static Values random(long seed) {
        Random random = new Random(seed);
        return parameter -> {
            float[] values = new float[parameter.size()];
            if (parameter.isKernel()) {
                double limit = Math.sqrt(6.0 / (parameter.shape()[0] + parameter.shape()[1]));
                for (int i = 0; i < values.length; i++) {
                    values[i] = (float) ((2 * random.nextDouble() - 1) * limit);
                }
            } else if (parameter.isFirst()) {
                Arrays.fill(values, 1f);
            }
            return values;
        };
    }
}
