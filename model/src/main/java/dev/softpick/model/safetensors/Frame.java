package dev.softpick.model.safetensors;

import java.util.Arrays;

/** What stands around a header: its length in front of it, and behind it as many bytes as it says. */
final class Frame {

    private Frame() {}

    /** Says what the file is instead, where its first bytes tell. */
    static SafetensorsException refused(byte[] word, byte[] behind, SafetensorsException why) {
        int count = Math.min(behind.length, OtherFormats.START_BYTES);
        byte[] start = Arrays.copyOf(word, word.length + count);
        System.arraycopy(behind, 0, start, word.length, count);
        String other = OtherFormats.nameOf(start);
        return other == null ? why : new SafetensorsException("the file is " + other, why);
    }

    static void checkLongEnough(long size) throws SafetensorsException {
        if (size < Long.BYTES) {
            throw new SafetensorsException(
                    "the file has " + size + " bytes; a safetensors file begins with an 8-byte length");
        }
    }

    static int headerLength(long length, long following) throws SafetensorsException {
        long most = Math.min(Header.MOST_BYTES, following);
        if (length < 2 || length > most) {
            throw new SafetensorsException("the header's length is " + Long.toUnsignedString(length) + "; "
                    + (most < 2 ? "only " + most + " bytes follow it" : "allowed is 2 to " + most + " in this file"));
        }
        return (int) length;
    }

    static void checkCovered(Header header, long length, String orMore) throws SafetensorsException {
        if (header.dataLength() != length) {
            throw new SafetensorsException("the tensors take " + header.dataLength() + " bytes; the file has " + length
                    + orMore + " bytes of data");
        }
    }
}
