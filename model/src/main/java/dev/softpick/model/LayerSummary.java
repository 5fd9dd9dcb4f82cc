package dev.softpick.model;

/**
 * A line of a model's table.
 *
 * @param name of the layer, as in model files
 * @param kind of the layer
 * @param outputShape for instance {@code [batch, steps, 256]}
 * @param parameters number of trained values
 */
public record LayerSummary(String name, String kind, String outputShape, long parameters) {}
