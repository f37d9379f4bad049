package ai.mariner.core.config;

import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Where archives may come from.
 *
 * @param modelStore folder of archives, also the target of downloads; absent: none
 * @param workflowStore folder of archives of workflows; absent: none
 * @param allowedUrls an address must match one of these as a whole, without regard to case; empty:
 *     no address is fetched
 * @param allowedUrlsConfigured whether the configuration gave {@code allowedUrls}; private
 *     addresses are only fetched when it did
 * @param workDirectory private folder that archives are unpacked to
 * @param aws what requests to S3 are signed with; absent: none can be
 */
public record FetchConfig(
    @Nullable Path modelStore,
    @Nullable Path workflowStore,
    List<Pattern> allowedUrls,
    boolean allowedUrlsConfigured,
    Path workDirectory,
    @Nullable AwsCredentials aws) {

  /** Models and workflows in one folder. */
  public FetchConfig(
      @Nullable Path store,
      List<Pattern> allowedUrls,
      boolean allowedUrlsConfigured,
      Path workDirectory) {
    this(store, store, allowedUrls, allowedUrlsConfigured, workDirectory, null);
  }

  /** The same with the folder of workflows in the place of that of models. */
  public FetchConfig ofWorkflows() {
    return new FetchConfig(
        workflowStore, workflowStore, allowedUrls, allowedUrlsConfigured, workDirectory, aws);
  }
}
