package dev.softpick.model.file;

import dev.softpick.model.LoadOptions;
import dev.softpick.model.ModelFormatException;
import dev.softpick.model.Normalizer;
import dev.softpick.model.OutputMode;
import dev.softpick.model.SoftpickConfig;
import dev.softpick.model.safetensors.SafetensorsFile;
import dev.softpick.model.safetensors.TensorInfo;
import dev.softpick.model.weights.Part;
import java.util.Map;

/** A model's options: metadata first, sizes that shapes tell checked against it, the caller's options over both. */
final class FileConfig {

    private static final String PROJECTION = "input_projection.kernel";

    private final Map<String, String> metadata;
    private final Iterable<String> names;
    private final int count;
    private final FileTensors tensors;
    private final LoadOptions options;

    FileConfig(SafetensorsFile file, FileTensors tensors, LoadOptions options) {
        metadata = file.metadata();
        names = file.tensors().keySet();
        count = file.tensors().size();
        this.tensors = tensors;
        this.options = options;
    }

    /** An option that the library refuses is a fault of the file. */
    SoftpickConfig read() throws ModelFormatException {
        try {
            SoftpickConfig.Builder builder = SoftpickConfig.builder();
            sizes(builder);
            told(builder);
            return builder.build();
        } catch (IllegalArgumentException e) {
            throw ModelFile.refused(e);
        }
    }

    /** What shapes tell. */
    private void sizes(SoftpickConfig.Builder builder) throws ModelFormatException {
        int layers = layers();
        int hidden = tensors.sizeOf(Part.block(1) + "_attn_norm.gamma", 0);
        TensorInfo projection = tensors.find(PROJECTION);
        int embed = projection == null ? hidden : tensors.sizeOf(PROJECTION, 0);
        agree("num_layers", layers);
        agree("hidden_size", hidden);
        agree("embed_dim", embed);
        if (projection != null && tensors.sizeOf(PROJECTION, 1) != hidden) {
            throw new ModelFormatException("tensor '" + projection.name() + "' has shape " + projection.shape()
                    + "; an input projection leads to the hidden size, " + hidden);
        }
        builder.embedDim(embed).hiddenSize(hidden).numLayers(layers).inputProjection(projection != null);
        feedForwardSize(builder, layers);
    }

    /** Of the first block that has such a kernel: where one is missing, the rest is checked against the others. */
    private void feedForwardSize(SoftpickConfig.Builder builder, int layers) throws ModelFormatException {
        for (int layer = 1; layer <= layers; layer++) {
            String up = Part.block(layer) + "_ffn_up.kernel";
            if (tensors.find(up) != null) {
                builder.feedForwardSize(tensors.sizeOf(up, 1));
                return;
            }
        }
    }

    /** What shapes cannot tell. */
    private void told(SoftpickConfig.Builder builder) throws ModelFormatException {
        String heads = metadata.get("num_heads");
        if (options.numHeads() != null) {
            builder.numHeads(options.numHeads());
        } else if (heads != null) {
            builder.numHeads(integer("num_heads", heads));
        } else {
            throw new ModelFormatException("the file does not say num_heads, and shapes cannot tell it;"
                    + " give it with LoadOptions.numHeads or --num-heads");
        }
        String normalizer = metadata.get("normalizer");
        if (options.normalizer() != null) {
            builder.normalizer(options.normalizer());
        } else if (normalizer != null) {
            builder.normalizer(Normalizer.fromId(normalizer));
        } else {
            throw new ModelFormatException("the file does not say its normalizer, and shapes cannot tell it;"
                    + " give it with LoadOptions.normalizer or --normalizer"
                    + " (softpick, softmax, ssmax, rectified_softpick)");
        }
        String mode = metadata.get("output_mode");
        if (options.outputMode() != null) {
            builder.outputMode(options.outputMode());
        } else if (mode != null) {
            builder.outputMode(OutputMode.fromId(mode));
        }
        String window = metadata.get("window_size");
        if (options.windowSize() != null) {
            builder.windowSize(options.windowSize());
        } else if (window != null) {
            builder.windowSize(integer("window_size", window));
        }
        String norm = metadata.get("final_norm");
        if (options.finalNorm() != null) {
            builder.finalNorm(options.finalNorm());
        } else if (norm != null) {
            builder.finalNorm(truth("final_norm", norm));
        }
        String dropout = metadata.get("dropout");
        if (dropout != null) {
            try {
                builder.dropout(Float.parseFloat(dropout));
            } catch (NumberFormatException e) {
                throw new ModelFormatException("metadata dropout is '" + dropout + "'; allowed is a number");
            }
        }
    }

    /** The highest block that any parameter names; with a mapping, the last that has an attention norm. */
    private int layers() throws ModelFormatException {
        int layers = 0;
        while (tensors.find(Part.block(layers + 1) + "_attn_norm.gamma") != null) {
            layers++;
        }
        String number = metadata.get("num_layers");
        for (String name : names) {
            if (!FileTensors.isForeign(name) && number == null) {
                layers = Math.max(layers, FileTensors.blockOf(name));
            }
        }
        if (layers == 0) {
            throw new ModelFormatException("there is no tensor '" + Part.block(1)
                    + "_attn_norm.gamma'; a model has one block at least, under Edifice's names or a mapping");
        }
        if (number == null) {
            if (layers > count) {
                throw new ModelFormatException(
                        "a tensor's name speaks of block " + layers + "; the file has " + count + " tensors");
            }
            return layers;
        }
        int told = integer("num_layers", number);
        if (told < 1 || told > count) {
            throw new ModelFormatException("metadata num_layers is " + told + "; the file has blocks 1 to " + layers);
        }
        return told;
    }

    private void agree(String key, int size) throws ModelFormatException {
        String told = metadata.get(key);
        if (told != null && integer(key, told) != size) {
            throw new ModelFormatException(
                    "metadata " + key + " is " + told + "; the tensors' shapes say " + size);
        }
    }

    /** A whole number, also as Python writes a float that is one: {@code 4.0}. */
    private static int integer(String key, String value) throws ModelFormatException {
        int end = value.indexOf('.');
        boolean whole = end < 0 || end + 1 < value.length();
        for (int i = end + 1; end >= 0 && i < value.length(); i++) {
            whole &= value.charAt(i) == '0';
        }
        try {
            if (whole) {
                return Integer.parseInt(end < 0 ? value : value.substring(0, end));
            }
        } catch (NumberFormatException e) {
            // refused below
        }
        throw new ModelFormatException("metadata " + key + " is '" + value + "'; allowed is a whole number");
    }

    /** True or false, also as Python writes them. */
    private static boolean truth(String key, String value) throws ModelFormatException {
        return switch (value) {
            case "true", "True" -> true;
            case "false", "False" -> false;
            default -> throw new ModelFormatException(
                    "metadata " + key + " is '" + value + "'; allowed are true and false");
        };
    }
}
