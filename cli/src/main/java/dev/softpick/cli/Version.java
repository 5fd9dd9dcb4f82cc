package dev.softpick.cli;

import picocli.CommandLine.IVersionProvider;

/** The version that the build wrote into the jar. */
final class Version implements IVersionProvider {

    @Override
    public String[] getVersion() {
        String version = Main.class.getPackage().getImplementationVersion();
        if (version == null && Main.class.getModule().isNamed()) {
            version = Main.class.getModule().getDescriptor().rawVersion().orElse(null);
        }
        return new String[] {"softpick " + (version == null ? "(not from a jar)" : version)};
    }
}
