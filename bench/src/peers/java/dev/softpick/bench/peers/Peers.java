package dev.softpick.bench.peers;

import dev.softpick.bench.harness.Programs;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * Ours beside its peers. Every program writes its result into {@code <results>/<date>-<cpu>/}.
 *
 * <pre>
 *   mvn -q -Ppeers -pl bench -am -DskipTests package
 *   java --add-modules jdk.incubator.vector -jar bench/target/peers.jar compare --rounds 9
 * </pre>
 */
@Command(
        name = "peers",
        header = "Measures ours beside ONNX Runtime and OpenBLAS.",
        mixinStandardHelpOptions = true,
        subcommands = {Compare.class, StreamingTable.class, Rounded.class, ColdStart.class, ServiceLoad.class})
public final class Peers implements Callable<Integer> {

    static final List<String> BUILD = List.of("mvn -q -Ppeers -pl bench -am -DskipTests package");

    /** What all programs take. */
    static final class Common {

        @Option(names = "--rounds", paramLabel = "N",
                description = "Rounds of turns; medians count. Default: the program's.")
        private int rounds;

        @Option(
                names = "--out",
                paramLabel = "FOLDER",
                defaultValue = "bench/results",
                description = "Where results lie. Default: ${DEFAULT-VALUE}.")
        private Path out;

        int rounds(int usual) {
            return rounds > 0 ? rounds : usual;
        }

        Path out() {
            return out;
        }
    }

    private Peers() {}

    /** Runs a program. */
    public static void main(String[] arguments) {
        System.exit(Programs.run("peers", new CommandLine(new Peers()), arguments));
    }

    @Override
    public Integer call() {
        throw new IllegalArgumentException("name a program; --help lists them");
    }

    /** The commands that repeat a program. */
    static List<String> commands(String program) {
        return List.of(BUILD.getFirst(), "java --add-modules jdk.incubator.vector -jar bench/target/peers.jar"
                + " " + program);
    }
}
