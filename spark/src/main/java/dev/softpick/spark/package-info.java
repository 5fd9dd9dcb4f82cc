/**
 * Softpick models on Apache Spark: scoring tables ({@link dev.softpick.spark.SoftpickModel}, a {@code Transformer};
 * {@link dev.softpick.spark.SoftpickCatalog}, functions of SQL; {@link dev.softpick.spark.LogitsUdf} and its kin, for
 * Python's {@code registerJavaFunction}) and keyed live streams ({@link dev.softpick.spark.SoftpickSessions}).
 *
 * <p>A model travels once to each executor, is loaded there once for all tasks, and each task computes on its own
 * thread. Every answer has the bits of the plain library, so a task that runs again gives the same rows.
 *
 * <p>Imports {@code dev.softpick.model} and Spark, which is there when a job runs.
 */
package dev.softpick.spark;
