package dev.softpick.model.safetensors;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.softpick.model.ModelFormatException;
import dev.softpick.model.SoftpickTransformer;
import dev.softpick.model.safetensors.RawFile.Door;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** What people hand over in place of a safetensors file is named, and they are told what to do. */
@Tag("once")
class OtherFormatsTest {

    private static final String TORCH = "load it in Python and write its state dict with safetensors.torch.save_file";
    private static final String NUMPY = "write its arrays with safetensors.numpy.save_file";
    private static final String ELIXIR =
            "load it in Elixir and write it with Edifice.Checkpoint.save(params, path, format: :safetensors)";

    @TempDir
    private Path folder;

    private void named(byte[] file, String what, String whatToDo) throws IOException {
        for (Door door : Door.values()) {
            assertThat(door.refusal(file, folder)).as("%s", door)
                    .contains("the file is " + what).endsWith(whatToDo).hasSizeLessThan(400);
        }
        Path path = Files.write(folder.resolve("m.safetensors"), file);
        assertThatThrownBy(() -> SoftpickTransformer.load(path))
                .isInstanceOf(ModelFormatException.class)
                .hasMessageStartingWith(path + ": the file is " + what).hasMessageEndingWith(whatToDo);
    }

    /** The first bytes of files that the programs wrote, and the same cut off. */
    static Stream<String[]> binary() {
        return Stream.of(
                // torch.save, torch.jit.save, zip
                new String[] {"504b0304000008080000000000000000000000000000000000000c0016006e65772f646174612e706b6c46",
                    "a PyTorch file of torch.save", TORCH},
                new String[] {"504b0304000008080000000000000000000000000000000000000a0018006a69742f646174612f30464214",
                    "a PyTorch file of torch.save", TORCH},
                new String[] {"504b03040a0000000000000021002ee3f9bc00000000000000000b0000006d6f64656c2f632e747874",
                    "a zip archive; unpack it first", TORCH},
                new String[] {"504b0304", "a zip archive; unpack it first", TORCH},
                new String[] {"504b05060000000000000000000000000000000000", "a zip archive; unpack it first", TORCH},
                // numpy.savez, numpy.save
                new String[] {"504b03042d0000000000000021002ee3f9bcffffffffffffffff05001400612e6e70790100100098",
                    "a NumPy archive (.npz)", NUMPY},
                new String[] {"934e554d5059010076007b276465736372273a20273c6638272c2027666f7274",
                    "a NumPy array (.npy)", NUMPY},
                // torch.save before 1.6, and pickle.dump with each protocol
                new String[] {"80028a0a6cfc9c46f9206aa850192e80024de9032e80027d7100285810000000",
                    "a Python pickle", TORCH},
                new String[] {"286470300a56610a70310a636e756d7079", "a Python pickle", TORCH},
                new String[] {"286c70300a636e756d70792e5f636f7265", "a Python pickle", TORCH},
                new String[] {"63636f6c6c656374696f6e730a4f72646572656444696374", "a Python pickle", TORCH},
                new String[] {"7d71005801000000617101636e756d7079", "a Python pickle", TORCH},
                new String[] {"5d7100636e756d70792e5f636f72652e6d", "a Python pickle", TORCH},
                new String[] {"80027d71005801000000617101636e756d", "a Python pickle", TORCH},
                new String[] {"80037d71005801000000617101636e756d", "a Python pickle", TORCH},
                new String[] {"800495a8000000000000007d948c0161948c166e756d7079", "a Python pickle", TORCH},
                new String[] {"80059529000000000000008c0b636f6c6c656374696f6e73", "a Python pickle", TORCH},
                new String[] {"80032e", "a Python pickle", TORCH},
                new String[] {"474755460300000001000000000000000100000000000000",
                    "a GGUF or GGML file", "in safetensors"},
                new String[] {"746a676703000000007d0000", "a GGUF or GGML file", "in safetensors"},
                new String[] {"080e3a330a0c0a0178120179220452656c75", "an ONNX model", NUMPY},
                new String[] {"080712077079746f7263681a03322e303ad1", "an ONNX model", NUMPY},
                new String[] {"894844460d0a1a0a000000000008080004001000", "an HDF5 file", NUMPY},
                new String[] {"1c00000054464c3314002000", "a TensorFlow Lite model", NUMPY},
                // :erlang.term_to_binary of a map, a list, compressed; Nx.serialize; Edifice.Checkpoint.save
                new String[] {"837400000001770161610161", "an Erlang term", ELIXIR},
                new String[] {"836c00000001610161026a00", "an Erlang term", ELIXIR},
                new String[] {"8350000004b0789ccb61", "an Erlang term", ELIXIR},
                new String[] {"6e7801000000000000000000d283680377", "a checkpoint of Nx.serialize", ELIXIR},
                new String[] {"00000000006e7801000000000000000000d2",
                    "an Nx checkpoint of Edifice.Checkpoint.save", ELIXIR},
                new String[] {"0100000000789c636064606020", "an Nx checkpoint of Edifice.Checkpoint.save", ELIXIR},
                new String[] {"00000000428374000000037705", "an Nx checkpoint of Edifice.Checkpoint.save", ELIXIR},
                new String[] {"01000001428374000000037705", "an Nx checkpoint of Edifice.Checkpoint.save", ELIXIR},
                new String[] {"1f8b0800000000000203cb48cdc9c95728cf2f", "compressed with gzip", "gunzip first"},
                new String[] {"1f8b08000000000000ffcb48cdc9c95728cf2f", "compressed with gzip", "gunzip first"},
                new String[] {"28b52ffd604c039500005868656c6c6f20776f", "compressed with zstd", "unzstd first"},
                new String[] {"fd377a585a000004e6d6b446020021011600", "compressed with xz", "unxz first"},
                new String[] {"425a6839314159265359b1a60a0e0000c791", "compressed with bzip2", "bunzip2 first"},
                new String[] {"6d".repeat(100) + "00".repeat(157) + "7573746172003030" + "00".repeat(300),
                    "a tar archive", "unpack it first"});
    }

    @ParameterizedTest(name = "{1}")
    @MethodSource
    void binary(String hex, String what, String whatToDo) throws IOException {
        byte[] start = HexFormat.of().parseHex(hex);
        named(start, what, whatToDo);
        named(Arrays.copyOf(start, start.length + 1_000_000), what, whatToDo);
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            version https://git-lfs.github.com/spec/v1\\noid sha256:4d7a\\nsize 12\\n | a Git LFS pointer | git lfs pull
            version https://hawser.github.com/spec/v1\\noid sha256:4d7a | a Git LFS pointer | git lfs pull
            # xet version 0\\nfilesize = 12\\nhash = 'ab'\\n | a Xet pointer | download it from its hub
            {"hash":"4d7a","file_size":12} | a Xet pointer | download it from its hub
            <!DOCTYPE html>\\n<html lang="en"> | an HTML page | 'resolve' in place of 'blob' in its address)
            \\n  <html><head> | an HTML page | 'resolve' in place of 'blob' in its address)
            <!doctype HTML PUBLIC> | an HTML page | 'resolve' in place of 'blob' in its address)
            <?xml version="1.0"?><Error><Code>AccessDenied</Code> | XML or HTML | download the file again
            {\\n  "metadata": {\\n    "total_size": 4}, "weight_map": {} | the JSON index of a model | save_file
            \ufeff{"weight_map":{"a":"model-00001-of-2.safetensors"}} | the JSON index of a model | save_file
            {"architectures":["é"]} | JSON, perhaps a model's configuration | its weights are in another file
            [1, 2, 3] | JSON, perhaps a model's configuration | its weights are in another file
            {} | JSON, perhaps a model's configuration | its weights are in another file
            Entry not found | text that begins with 'Entry not found' | 'Entry not found'
            Fehler: Žluťoučký kůň\\r\\nhttps://a | text that begins with 'Fehler: Žluťoučký kůň' | kůň'
            \\n\\n \\t | white space alone | alone
            """)
    void text(String escaped, String what, String whatToDo) throws IOException {
        String text = escaped.replace("\\n", "\n").replace("\\r", "\r").replace("\\t", "\t");
        named(text.getBytes(StandardCharsets.UTF_8), what, whatToDo);
        String line = what.startsWith("text") || what.startsWith("white") ? "\n" : "é".repeat(1000);
        named((text + line).getBytes(StandardCharsets.UTF_8), what, whatToDo);
    }

    /** A damaged safetensors file is one all the same, whatever its length looks like. */
    @Test
    void aFileOfTheRightFormHasItsOwnFault() throws IOException {
        for (int length : new int[] {0x6e830001, 0x00088b1f, 0x00026880, 0x00000380, 0x120e08}) {
            for (String header : new String[] {"{]", " {]", "{\"a\":1}"}) {
                byte[] file = Arrays.copyOf(RawFile.ofLength(length, header.getBytes(StandardCharsets.UTF_8)), 600_000);
                Arrays.fill(file, 8 + header.length(), file.length, (byte) ' ');
                for (Door door : Door.values()) {
                    assertThat(door.refusal(file, folder)).isNotNull().doesNotContain("the file is ");
                }
            }
        }
        for (int first = 0; first < 256; first++) {
            byte[] file = RawFile.ofLength(first, "{]".getBytes(StandardCharsets.UTF_8));
            assertThat(Door.BYTES.refusal(file, folder)).doesNotContain("the file is ");
        }
    }

    @Test
    void whatIsUnknownStaysUnknown() throws IOException {
        for (String hex : new String[] {"", "00", "ffffffffffffffffff", "0000000000000000", "7f454c46", "08011200"}) {
            assertThat(Door.BYTES.refusal(HexFormat.of().parseHex(hex), folder)).doesNotContain("the file is ");
        }
    }
}
