package dev.softpick.model.safetensors;

/** The element types of the safetensors format, all little-endian. */
public enum DType {
    /** One byte, 0 or 1. */
    BOOL(8),
    /** Four-bit float. */
    F4(4),
    /** Six-bit float with three bits of fraction. */
    F6_E2M3(6),
    /** Six-bit float with two bits of fraction. */
    F6_E3M2(6),
    /** Unsigned byte. */
    U8(8),
    /** Signed byte. */
    I8(8),
    /** Eight-bit float with two bits of fraction. */
    F8_E5M2(8),
    /** Eight-bit float with three bits of fraction. */
    F8_E4M3(8),
    /** Eight-bit scale: an exponent alone. */
    F8_E8M0(8),
    /** Eight-bit float with three bits of fraction, without infinities and negative zero. */
    F8_E4M3FNUZ(8),
    /** Eight-bit float with two bits of fraction, without infinities and negative zero. */
    F8_E5M2FNUZ(8),
    /** Signed 16-bit integer. */
    I16(16),
    /** Unsigned 16-bit integer. */
    U16(16),
    /** IEEE half precision. */
    F16(16),
    /** The upper half of a float. */
    BF16(16),
    /** Signed 32-bit integer. */
    I32(32),
    /** Unsigned 32-bit integer. */
    U32(32),
    /** IEEE single precision. */
    F32(32),
    /** A pair of floats. */
    C64(64),
    /** IEEE double precision. */
    F64(64),
    /** Signed 64-bit integer. */
    I64(64),
    /** Unsigned 64-bit integer. */
    U64(64);

    private final int bits;

    DType(int bits) {
        this.bits = bits;
    }

    /** {@return size of an element in bits} */
    public int bits() {
        return bits;
    }

    /** {@return whether {@link SafetensorsFile#floats} reads this type} */
    public boolean isFloat() {
        return this == F16 || this == BF16 || this == F32 || this == F64;
    }

    /** {@return whether {@link SafetensorsFile#longs} reads this type} */
    public boolean isInteger() {
        return switch (this) {
            case BOOL, U8, I8, I16, U16, I32, U32, I64 -> true;
            default -> false;
        };
    }
}
