package ai.mariner.core.config;

import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Where archives may come from.
 *
 * @param modelStore folder of archives, also the target of downloads; absent: none
 * @param allowedUrls an address must match one of these as a whole, without regard to case; empty:
 *     no address is fetched
 * @param allowedUrlsConfigured whether the configuration gave {@code allowedUrls}; private
 *     addresses are only fetched when it did
 * @param workDirectory private folder that archives are unpacked to
 */
public record FetchConfig(
    @Nullable Path modelStore,
    List<Pattern> allowedUrls,
    boolean allowedUrlsConfigured,
    Path workDirectory) {}
