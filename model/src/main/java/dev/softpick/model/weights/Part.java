package dev.softpick.model.weights;

import dev.softpick.model.Normalizer;
import dev.softpick.model.SoftpickConfig;

/**
 * The parts of a model that have parameters, in the order of the computation: those from {@link #ATTENTION_NORM} to
 * {@link #FFN_DOWN} once a block. Names are Edifice's. To add a part, add it here and say in {@link ModelWeights} where
 * it stands.
 */
public enum Part {
    /** From a frame to the first hidden state. */
    INPUT_PROJECTION(Form.MATRIX, "input_projection", "input_projection"),
    /** The norm before attention. */
    ATTENTION_NORM(Form.NORM, "_attn_norm", "_attn_norm"),
    /** The projection of queries. */
    QUERIES(Form.MATRIX, "_attn_q_proj", "_attn"),
    /** The projection of keys. */
    KEYS(Form.MATRIX, "_attn_k_proj", "_attn"),
    /** The projection of values. */
    VALUES(Form.MATRIX, "_attn_v_proj", "_attn"),
    /** The projection behind the heads. */
    ATTENTION_OUT(Form.MATRIX, "_attn_out_proj", "_attn"),
    /** The learned scale of SSMax. */
    SSMAX(Form.SCALE, "_attn_ssmax", "_attn"),
    /** The norm before the feed-forward half. */
    FFN_NORM(Form.NORM, "_ffn_norm", "_ffn_norm"),
    /** From the hidden size to the inner one. */
    FFN_UP(Form.MATRIX, "_ffn_up", "_ffn"),
    /** And back. */
    FFN_DOWN(Form.MATRIX, "_ffn_down", "_ffn"),
    /** The norm behind the last block. */
    FINAL_NORM(Form.NORM, "final_norm", "final_norm"),
    /** The head on the last hidden state. */
    CLASSIFIER(Form.MATRIX, "classifier", "classifier");

    /** What a part consists of. */
    public enum Form {
        /** A kernel {@code [in, out]} and a bias {@code [out]}. */
        MATRIX,
        /** A gamma and a beta. */
        NORM,
        /** One number. */
        SCALE
    }

    private final Form form;
    private final String name;
    private final String layer;

    Part(Form form, String name, String layer) {
        this.form = form;
        this.name = name;
        this.layer = layer;
    }

    /** What it consists of. */
    public Form form() {
        return form;
    }

    /** Whether every block has one. */
    public boolean inBlock() {
        return name.startsWith("_");
    }

    /** Its name in files; blocks count from 1, and parts outside them do not look at the number. */
    public String name(int block) {
        return inBlock() ? block(block) + name : name;
    }

    /** The name of the layer that it is a part of. */
    public String layer(int block) {
        return inBlock() ? block(block) + layer : layer;
    }

    /** What the names of a block's parameters begin with; blocks count from 1. */
    public static String block(int block) {
        return "softpick_block_" + block;
    }

    /** The part that stands for all whose biases are there, or are missing, together. */
    public Part biasKind() {
        return switch (this) {
            case QUERIES, KEYS, VALUES, ATTENTION_OUT -> QUERIES;
            case ATTENTION_NORM, FFN_NORM, FINAL_NORM -> ATTENTION_NORM;
            default -> this;
        };
    }

    /** Whether its kernel is rounded where a model's format is not float. */
    public boolean isRounded() {
        return form == Form.MATRIX && this != CLASSIFIER;
    }

    /** Whether a model with these options has it. */
    boolean isIn(SoftpickConfig config, int classes) {
        return switch (this) {
            case INPUT_PROJECTION -> config.inputProjection();
            case SSMAX -> config.normalizer() == Normalizer.SSMAX;
            case FINAL_NORM -> config.finalNorm();
            case CLASSIFIER -> classes > 0;
            default -> true;
        };
    }

    /** Elements of a row that goes in. */
    int inputSize(SoftpickConfig config) {
        return switch (this) {
            case INPUT_PROJECTION -> config.embedDim();
            case FFN_DOWN -> config.feedForwardSize();
            default -> config.hiddenSize();
        };
    }

    /** Elements of a row that comes out. */
    int outputSize(SoftpickConfig config, int classes) {
        return switch (this) {
            case FFN_UP -> config.feedForwardSize();
            case CLASSIFIER -> classes;
            default -> config.hiddenSize();
        };
    }
}
