/** How the report of the command line and the benchmarks measure: one clock, one machine, one cost model. */
module dev.softpick.measure {
    requires transitive dev.softpick.model;
    requires java.management;
    requires org.apache.commons.statistics.descriptive;

    exports dev.softpick.measure;
}
