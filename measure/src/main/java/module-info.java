import org.jspecify.annotations.NullMarked;

/** How the report of the command line and the benchmarks measure: one clock, one machine, one cost model. */
@NullMarked
module dev.softpick.measure {
    requires transitive dev.softpick.model;
    requires java.management;
    requires org.apache.commons.statistics.descriptive;

    // Read by compilers and development environments; nobody needs it to compile against this module, or to run it.
    requires static org.jspecify;

    exports dev.softpick.measure;
}
