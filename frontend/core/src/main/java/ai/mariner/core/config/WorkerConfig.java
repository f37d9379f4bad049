package ai.mariner.core.config;

import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * How worker processes are started and watched.
 *
 * @param python interpreter
 * @param serverHome folder that holds the {@code ts} package
 * @param runDirectory private folder (0700) of this server for worker sockets
 * @param firstWorkerId number of the first worker; each further one counts on
 * @param preloadModules what the process imports from which workers are forked; none: each worker
 *     is started by itself
 * @param hiddenEnvironment regular expressions of environment variables that workers must not see
 * @param serviceEnvelope envelope of all models; absent: the manifest's
 * @param defaultHandler handler of archives that name none
 * @param decodeInputRequest whether workers decode JSON and text bodies
 * @param limitMaxImagePixels whether image handlers keep Pillow's limit
 * @param allowPickle whether models may be pickles, which run code when they are loaded
 * @param nonFinite what becomes of NaN and infinity in JSON: text, null or error
 * @param gpuCount accelerators that may be used
 * @param heartbeatInterval how often an idle worker is asked whether it is there
 * @param heartbeatTimeout how long it may take to answer
 * @param connectTimeout how long a started process may take to connect
 * @param variables what all workers find in their environment beside the server's own
 * @param busyPoll how long an idle worker looks for requests before it sleeps; zero: not at all
 */
public record WorkerConfig(
    Path python,
    Path serverHome,
    Path runDirectory,
    int firstWorkerId,
    List<String> preloadModules,
    List<String> hiddenEnvironment,
    @Nullable String serviceEnvelope,
    @Nullable String defaultHandler,
    boolean decodeInputRequest,
    boolean limitMaxImagePixels,
    boolean allowPickle,
    String nonFinite,
    int gpuCount,
    Duration heartbeatInterval,
    Duration heartbeatTimeout,
    Duration connectTimeout,
    Map<String, String> variables,
    Duration busyPoll) {
  /** A copy of an environment without what workers must not see. */
  public Map<String, String> visible(Map<String, String> environment) {
    List<Pattern> patterns = hiddenEnvironment.stream().map(Pattern::compile).toList();
    Map<String, String> visible = new HashMap<>(environment);
    visible.keySet().removeIf(name -> patterns.stream().anyMatch(p -> p.matcher(name).matches()));
    return visible;
  }
}
