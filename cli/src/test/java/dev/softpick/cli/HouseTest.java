package dev.softpick.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassModel;
import java.lang.classfile.CodeElement;
import java.lang.classfile.MethodModel;
import java.lang.classfile.constantpool.ClassEntry;
import java.lang.classfile.constantpool.PoolEntry;
import java.lang.classfile.instruction.FieldInstruction;
import java.lang.classfile.instruction.InvokeInstruction;
import java.lang.constant.MethodTypeDesc;
import java.lang.reflect.AccessFlag;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The rules of the house that a machine can check, in class files and sources; docs/architecture.md says why. */
class HouseTest {

    private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();
    private static final String VECTORS = "jdk.incubator.vector";

    /** What a room may use beside itself; a room stands for those below it that have no line of their own. */
    private static final Map<String, Set<String>> ROOMS = Map.ofEntries(
            Map.entry("kernels", Set.of("kernels.select", "kernels.backend", "kernels.layout", "kernels.numerics")),
            Map.entry("kernels.select", Set.of(
                    "kernels.scalar", "kernels.vector", "kernels.backend", "kernels.layout", "kernels.numerics")),
            Map.entry("kernels.scalar", Set.of("kernels.backend", "kernels.layout", "kernels.numerics")),
            // The scalar kernels have the same bits and finish tails; rules stand in numerics.
            Map.entry("kernels.vector", Set.of(
                    VECTORS, "kernels.scalar", "kernels.backend", "kernels.layout", "kernels.numerics")),
            Map.entry("kernels.backend", Set.of("kernels.layout", "kernels.numerics")),
            Map.entry("kernels.layout", Set.of("kernels.numerics")),
            Map.entry("kernels.numerics", Set.of()),
            Map.entry("model", Set.of(
                    "model.weights", "model.forward", "model.stream", "model.file", "model.safetensors",
                    "kernels", "kernels.select", "kernels.backend", "kernels.layout")),
            Map.entry("model.stream", Set.of(
                    "model", "model.forward", "model.weights",
                    "kernels", "kernels.select", "kernels.backend", "kernels.layout")),
            Map.entry("model.forward", Set.of(
                    "model", "model.weights", "kernels", "kernels.select", "kernels.backend", "kernels.layout")),
            Map.entry("model.file", Set.of("model", "model.weights", "model.safetensors", "kernels.layout")),
            Map.entry("model.weights", Set.of(
                    "model", "kernels", "kernels.select", "kernels.backend", "kernels.layout")),
            Map.entry("model.safetensors", Set.of()),
            Map.entry("measure", Set.of("model", "kernels")),
            Map.entry("cli", Set.of("cli.command", "cli.terminal", "cli.io")),
            Map.entry("cli.command", Set.of(
                    "cli.io", "cli.report", "cli.terminal", "measure", "model", "model.safetensors", "kernels")),
            Map.entry("cli.report", Set.of(
                    "cli.io", "cli.terminal", "measure", "model", "model.safetensors", "kernels")),
            Map.entry("cli.io", Set.of("cli.terminal", "model", "model.safetensors")),
            Map.entry("cli.terminal", Set.of()));

    /** What different JVMs and platforms round differently. */
    private static final Set<String> TRANSCENDENTAL = Set.of(
            "SIN", "COS", "TAN", "ASIN", "ACOS", "ATAN", "ATAN2", "SINH", "COSH", "TANH", "EXP", "EXPM1", "LOG",
            "LOG10", "LOG1P", "POW", "HYPOT", "CBRT");

    /** The innermost flat kernels, whose arguments are better off in registers than in an object. */
    private static final Set<String> FLAT_KERNELS = Set.of(
            "vector.MicroKernel.tile", "vector.MicroKernel.lowTile", "vector.MicroKernel.strip",
            "vector.MicroKernel.edge", "vector.AttentionTile.padded", "vector.AttentionTile.whole",
            "vector.ScoreSumKernel.absScores",
            "scalar.ScalarTile.tile", "scalar.ScalarTile.twoRows", "scalar.ScalarTile.accumulate");

    private static final int MOST_PARAMETERS = 8;
    private static final int MOST_BYTES = 120;
    private static final int MOST_LINES = 400;

    @Test
    void layersDoNotLookUpAndOnlyVectorKernelsSeeVectors() throws IOException {
        Set<String> wrong = new TreeSet<>();
        for (ClassModel file : classFiles()) {
            String from = room(name(file.thisClass()));
            assertThat(ROOMS).as("rooms, which %s is one of", from).containsKey(from);
            for (PoolEntry entry : file.constantPool()) {
                if (entry instanceof ClassEntry used) {
                    String to = room(name(used));
                    if (!to.isEmpty() && !to.equals(from) && !ROOMS.get(from).contains(to)) {
                        wrong.add(name(file.thisClass()) + " uses " + name(used));
                    }
                }
            }
        }
        assertThat(wrong).isEmpty();
    }

    @Test
    void vectorsHaveTheSameBitsOnEveryPlatformAndAllocateNothing() throws IOException {
        Set<String> wrong = new TreeSet<>();
        for (ClassModel file : classFiles()) {
            for (MethodModel method : file.methods()) {
                String operator = "";
                String in = name(file.thisClass()) + "." + method.methodName().stringValue();
                for (CodeElement element : method.code().map(code -> code.elementList()).orElse(List.of())) {
                    if (element instanceof FieldInstruction field
                            && field.owner().asInternalName().endsWith("/VectorOperators")) {
                        operator = field.name().stringValue();
                        if (TRANSCENDENTAL.contains(operator)) {
                            wrong.add(in + ": " + operator + " differs from platform to platform");
                        }
                    } else if (element instanceof InvokeInstruction call
                            && call.owner().asInternalName().startsWith(VECTORS.replace('.', '/'))) {
                        String called = call.name().stringValue();
                        if (called.startsWith("reinterpretAs")) {
                            wrong.add(in + ": " + called + " allocates on JDK 27; convert(REINTERPRET_F2I) not");
                        }
                        if (called.equals("reduceLanes") && Set.of("ADD", "MUL").contains(operator)
                                && call.owner().asInternalName().matches(".*/(Float|Double|)Vector")) {
                            wrong.add(in + ": reduceLanes(" + operator + ") has no order");
                        }
                    }
                }
            }
        }
        assertThat(wrong).isEmpty();
    }

    /** Records and the flat kernels aside, whose constructors and loops take what they take. */
    @Test
    void signaturesAreShort() throws IOException {
        Set<String> longer = new TreeSet<>();
        for (ClassModel file : classFiles()) {
            boolean record = file.superclass().map(type -> name(type).equals("java.lang.Record")).orElse(false);
            for (MethodModel method : file.methods()) {
                int parameters = MethodTypeDesc.ofDescriptor(method.methodType().stringValue()).parameterCount();
                if (parameters > MOST_PARAMETERS && !record && !method.flags().has(AccessFlag.SYNTHETIC)) {
                    longer.add(name(file.thisClass()) + "." + method.methodName().stringValue());
                }
            }
        }
        assertThat(longer).isEqualTo(FLAT_KERNELS.stream()
                .map(kernel -> "dev.softpick.kernels." + kernel)
                .collect(Collectors.toSet()));
    }

    @Test
    void linesAndFilesAreShort() throws IOException {
        Set<String> wrong = new TreeSet<>();
        for (Path path : files(".java", 400)) {
            List<String> lines = Files.readAllLines(path);
            for (int i = 0; i < lines.size(); i++) {
                if (isLong(lines.get(i))) {
                    wrong.add(ROOT.relativize(path) + ":" + (i + 1) + " has more than " + MOST_BYTES + " bytes");
                }
            }
            if (lines.size() > MOST_LINES && path.toString().matches(".*[/\\\\]src[/\\\\]main[/\\\\].*")) {
                wrong.add(ROOT.relativize(path) + " has " + lines.size() + " lines");
            }
        }
        assertThat(wrong).isEmpty();
    }

    /** But for tables, code, what programs wrote, and a word that is too long itself, as a link may be. */
    @Test
    void linesOfDocumentsAreShort() throws IOException {
        Set<String> wrong = new TreeSet<>();
        for (Path path : files(".md", 20)) {
            boolean code = false;
            boolean written = path.getParent().getParent().equals(ROOT.resolve("bench/results"));
            List<String> lines = Files.readAllLines(path);
            for (int i = 0; i < lines.size(); i++) {
                String line = lines.get(i);
                code ^= line.strip().startsWith("```");
                written |= line.startsWith("<!-- table:");
                written &= !line.startsWith("<!-- end of table");
                if (!code && !written && isLong(line) && !line.matches(" *\\|.*| {4}.*| *(- )?\\S+")) {
                    wrong.add(ROOT.relativize(path) + ":" + (i + 1) + " has more than " + MOST_BYTES + " bytes");
                }
            }
        }
        assertThat(wrong).isEmpty();
    }

    private static boolean isLong(String line) {
        return line.getBytes(StandardCharsets.UTF_8).length > MOST_BYTES;
    }

    /** Those of all modules, of the profiles too. */
    private static List<Path> files(String suffix, int more) throws IOException {
        String others = "\\..*|(.*[/\\\\])?target[/\\\\].*";
        try (Stream<Path> paths = Files.walk(ROOT)) {
            List<Path> files = paths.filter(path -> path.toString().endsWith(suffix))
                    .filter(path -> !ROOT.relativize(path).toString().matches(others))
                    .toList();
            assertThat(files).hasSizeGreaterThan(more);
            return files;
        }
    }

    /** Of all modules that this one sees; those of the benchmarks are looked at as sources only. */
    private static List<ClassModel> classFiles() throws IOException {
        List<ClassModel> files = new ArrayList<>();
        for (String module : List.of("kernels", "model", "measure", "cli")) {
            try (Stream<Path> paths = Files.walk(ROOT.resolve(module).resolve("target/classes"))) {
                for (Path path : (Iterable<Path>) paths.filter(p -> p.toString().endsWith(".class"))::iterator) {
                    if (!path.endsWith("module-info.class")) {
                        files.add(ClassFile.of().parse(path));
                    }
                }
            }
        }
        assertThat(files).hasSizeGreaterThan(100);
        return files;
    }

    private static String name(ClassEntry type) {
        return type.asInternalName().replaceAll("^\\[+L?|;$", "").replace('/', '.');
    }

    /** The room of a class: its package without what all share; "" for those of other houses. */
    private static String room(String name) {
        if (name.startsWith(VECTORS + ".")) {
            return VECTORS;
        }
        if (!name.startsWith("dev.softpick.")) {
            return "";
        }
        String room = name.substring("dev.softpick.".length(), name.lastIndexOf('.'));
        while (!ROOMS.containsKey(room) && room.contains(".")) {
            room = room.substring(0, room.lastIndexOf('.'));
        }
        return room;
    }
}
