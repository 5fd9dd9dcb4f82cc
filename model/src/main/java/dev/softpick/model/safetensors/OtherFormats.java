package dev.softpick.model.safetensors;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Tells from its first bytes what a file is that is no safetensors file, and what its owner can do. Asked only after
 * the reader has refused the file, so nothing here decides what is read.
 */
final class OtherFormats {

    /** As many first bytes as are looked at. */
    static final int START_BYTES = 512;

    private static final int TAR_MAGIC_AT = 257;
    private static final int ZIP_NAME_AT = 30;
    private static final int MOST_SHOWN = 40;

    private static final String TO_SAFETENSORS_TORCH =
            "load it in Python and write its state dict with safetensors.torch.save_file";
    private static final String TO_SAFETENSORS_NUMPY = "write its arrays with safetensors.numpy.save_file";
    private static final String TO_SAFETENSORS_ELIXIR =
            "load it in Elixir and write it with Edifice.Checkpoint.save(params, path, format: :safetensors)";

    private final byte[] start;

    private OtherFormats(byte[] start) {
        this.start = start;
    }

    /** One line, or null where the bytes look like a safetensors file or like nothing known. */
    static @Nullable String nameOf(byte[] start) {
        OtherFormats file = new OtherFormats(start);
        return file.looksLikeSafetensors() ? null : file.name();
    }

    /** A length below 100,000,000 and what opens an object: damaged, perhaps, but the right format. */
    private boolean looksLikeSafetensors() {
        return start.length > 8 && start[4] == 0 && start[5] == 0 && start[6] == 0 && start[7] == 0
                && (start[8] == '{' || JsonCursor.isSpace(start[8]));
    }

    private @Nullable String name() {
        String text = text();
        String name = archive();
        if (name == null) {
            name = weights();
        }
        if (name == null) {
            name = elixir();
        }
        return name != null || text == null ? name : ofText(text);
    }

    private @Nullable String archive() {
        if (begins("PK\3\4") || begins("PK\5\6")) {
            return zip();
        }
        if (begins("\u001f\u008b")) {
            return "compressed with gzip; decompress it with gunzip first";
        }
        if (begins("(\u00b5/\u00fd")) {
            return "compressed with zstd; decompress it with unzstd first";
        }
        if (begins("\u00fd7zXZ\0")) {
            return "compressed with xz; decompress it with unxz first";
        }
        if (begins("BZh")) {
            return "compressed with bzip2; decompress it with bunzip2 first";
        }
        return has(TAR_MAGIC_AT, "ustar") ? "a tar archive; unpack it first" : null;
    }

    /** PyTorch and NumPy write zip archives; the first member's name tells which. */
    private String zip() {
        int length = start.length < ZIP_NAME_AT ? 0 : (start[26] & 0xff) + 256 * (start[27] & 0xff);
        int count = Math.min(length, start.length - ZIP_NAME_AT);
        String member = count <= 0 ? "" : new String(start, ZIP_NAME_AT, count, StandardCharsets.ISO_8859_1);
        if (member.endsWith(".pkl") || member.contains("/data/") || member.endsWith("/byteorder")) {
            return "a PyTorch file of torch.save (.pt, .pth, .bin); " + TO_SAFETENSORS_TORCH;
        }
        if (member.endsWith(".npy")) {
            return "a NumPy archive (.npz); " + TO_SAFETENSORS_NUMPY;
        }
        return "a zip archive; unpack it first, or, if torch.save wrote it, " + TO_SAFETENSORS_TORCH;
    }

    private @Nullable String weights() {
        if (begins("GGUF") || begins("lmgg") || begins("fmgg") || begins("tjgg")) {
            return "a GGUF or GGML file of llama.cpp; take the model that it was converted from, in safetensors";
        }
        if (begins("\u0089HDF\r\n\u001a\n")) {
            return "an HDF5 file, as Keras writes (.h5); read it with h5py and " + TO_SAFETENSORS_NUMPY;
        }
        if (begins("\u0093NUMPY")) {
            return "a NumPy array (.npy), which has no names; give it a name that ends in .npy if it is an input, or "
                    + TO_SAFETENSORS_NUMPY;
        }
        if (pickle()) {
            return "a Python pickle, as torch.save wrote before 1.6; " + TO_SAFETENSORS_TORCH;
        }
        if (has(4, "TFL3")) {
            return "a TensorFlow Lite model; take the weights from where it was trained and " + TO_SAFETENSORS_NUMPY;
        }
        return onnx()
                ? "an ONNX model; read its initializers with onnx.numpy_helper and " + TO_SAFETENSORS_NUMPY
                : null;
    }

    /** Protocols 2 to 5 begin with their number, 0 and 1 with the opcodes of a dictionary, a list or a class. */
    private boolean pickle() {
        return start.length > 2 && at(0) == 0x80 && at(1) >= 2 && at(1) <= 5
                || begins("(dp") || begins("(lp") || begins("}q") || begins("]q") || begins("ccollections\n")
                || begins("ctorch");
    }

    /** A protobuf message whose first field is a version of 3 or more and whose second is text or a graph. */
    private boolean onnx() {
        int second = at(2);
        return at(0) == 0x08 && at(1) >= 3 && at(1) < 0x40
                && (second == 0x12 || second == 0x1a || second == 0x22 || second == 0x3a || second == 0x42);
    }

    private @Nullable String elixir() {
        if (begins("nx\u0001")) {
            return "a checkpoint of Nx.serialize; " + TO_SAFETENSORS_ELIXIR;
        }
        if (at(0) == 0x83 && erlangTag(at(1))) {
            return "an Erlang term, as Axon and :erlang.term_to_binary write; " + TO_SAFETENSORS_ELIXIR;
        }
        // a flag for compression and the length of a term in front of an Nx checkpoint
        boolean noTerm = at(1) == 0 && at(2) == 0 && at(3) == 0 && at(4) == 0;
        boolean edifice = at(0) == 0 && noTerm && has(5, "nx\u0001")
                || at(0) == 1 && noTerm && at(5) == 0x78
                || at(0) >= 0 && at(0) <= 1 && at(1) == 0 && !noTerm && at(5) == 0x83 && erlangTag(at(6));
        return edifice ? "an Nx checkpoint of Edifice.Checkpoint.save; " + TO_SAFETENSORS_ELIXIR : null;
    }

    /** Tags of the external term format. */
    private static boolean erlangTag(int tag) {
        return tag == 'P' || tag == 'F' || tag == 'M' || tag >= 'a' && tag <= 'x';
    }

    private static String ofText(String text) {
        String lower = text.stripLeading().toLowerCase(Locale.ROOT);
        if (lower.startsWith("version https://git-lfs.") || lower.startsWith("version https://hawser.")) {
            return "a Git LFS pointer, not the file that it stands for; fetch that with git lfs pull";
        }
        boolean json = lower.startsWith("{") || lower.startsWith("[");
        if (lower.startsWith("# xet version") || lower.startsWith("version https://xetdata.")
                || json && lower.contains("\"hash\"") && lower.contains("\"file_size\"")) {
            return "a Xet pointer, not the file that it stands for; fetch that with git lfs pull where git-xet is"
                    + " installed, or download it from its hub";
        }
        if (lower.startsWith("<!doctype html") || lower.startsWith("<html") || lower.startsWith("<head")) {
            return "an HTML page, perhaps the one that shows the file; download the file itself"
                    + " (on a model hub, 'resolve' in place of 'blob' in its address)";
        }
        if (lower.startsWith("<")) {
            return "XML or HTML, perhaps an answer that says why a download failed; download the file again";
        }
        if (json && (lower.contains("\"weight_map\"") || lower.contains("\"total_size\""))) {
            return "the JSON index of a model in several files; load these and write one file with"
                    + " safetensors.torch.save_file";
        }
        if (json) {
            return "JSON, perhaps a model's configuration; its weights are in another file";
        }
        String line = text.strip().lines().findFirst().orElse("");
        return line.isEmpty() ? "white space alone" : "text that begins with "
                + Names.quoted(line.length() > MOST_SHOWN ? line.substring(0, MOST_SHOWN) : line);
    }

    /** The bytes as text without its byte order mark; null if they are not UTF-8 or have control characters. */
    private @Nullable String text() {
        CharBuffer decoded = CharBuffer.allocate(start.length);
        // not the end of the input: the last character may be cut off
        if (StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(start), decoded, false).isError()) {
            return null;
        }
        String text = decoded.flip().toString();
        for (int i = 0; i < text.length(); i++) {
            if (Character.isISOControl(text.charAt(i)) && !JsonCursor.isSpace((byte) text.charAt(i))) {
                return null;
            }
        }
        return text.isEmpty() ? null : text.charAt(0) == '\ufeff' ? text.substring(1) : text;
    }

    private boolean begins(String magic) {
        return has(0, magic);
    }

    /** Whether the bytes from {@code from} on are these, a byte a character. */
    private boolean has(int from, String magic) {
        for (int i = 0; i < magic.length(); i++) {
            if (at(from + i) != magic.charAt(i)) {
                return false;
            }
        }
        return true;
    }

    /** A byte, or -1 behind the last. */
    private int at(int i) {
        return i < start.length ? start[i] & 0xff : -1;
    }
}
