package dev.softpick.kernels;

import dev.softpick.kernels.layout.Panels;
import dev.softpick.kernels.select.Backends;
import org.jspecify.annotations.Nullable;

/**
 * The right-hand side of a matrix product, packed once into the order in which the kernels read it.
 *
 * <p>Immutable: later changes to the array it was packed from do not reach it. Holds {@code rows · columns} floats,
 * {@code columns} rounded up to whole panels.
 */
public final class PackedMatrix {

    private final Panels panels;

    private PackedMatrix(Panels panels) {
        this.panels = panels;
    }

    /**
     * Packs a dense row-major {@code [rows, columns]} matrix.
     *
     * @param values {@code rows · columns} elements, a row after the other
     * @param rows K of a product, from 1
     * @param columns N of a product, from 1
     * @return the matrix, without a bias
     * @throws IllegalArgumentException if a size is below 1 or {@code values} has another length
     */
    public static PackedMatrix pack(float[] values, int rows, int columns) {
        return pack(values, rows, columns, null);
    }

    /**
     * Packs a matrix with the bias that every product adds.
     *
     * @param values {@code rows · columns} elements, a row after the other
     * @param rows K of a product, from 1
     * @param columns N of a product, from 1
     * @param bias {@code columns} elements, or null for none
     * @return the matrix and its bias
     * @throws IllegalArgumentException if a size is below 1 or an array has another length
     */
    @SuppressWarnings("exports") // the annotation, which no caller needs to have
    public static PackedMatrix pack(float[] values, int rows, int columns, float @Nullable [] bias) {
        Arguments.atLeast("rows", rows, 1);
        Arguments.atLeast("columns", columns, 1);
        Arguments.length("values", values, (long) rows * columns);
        if (bias != null) {
            Arguments.length("bias", bias, columns);
        }
        return new PackedMatrix(Panels.pack(values, rows, columns, bias, Backends.current().panelWidth()));
    }

    /**
     * Rows of the matrix.
     *
     * @return K of a product
     */
    public int rows() {
        return panels.k();
    }

    /**
     * Columns of the matrix.
     *
     * @return N of a product
     */
    public int columns() {
        return panels.n();
    }

    Panels panels() {
        return panels;
    }
}
