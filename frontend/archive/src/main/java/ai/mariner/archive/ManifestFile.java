package ai.mariner.archive;

import ai.mariner.core.model.Manifest;
import org.jspecify.annotations.Nullable;

/**
 * What an archive's manifest says.
 *
 * @param manifest for the rest of the server
 * @param configFile path of the options within the archive; absent: none
 */
record ManifestFile(Manifest manifest, @Nullable String configFile) {}
