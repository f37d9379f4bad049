package ai.mariner.server.config;

import ai.mariner.core.config.Profile;
import ai.mariner.core.config.TrustedProxies;
import ai.mariner.server.config.Setting.Fallback;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.regex.Pattern;

/** Keys of who may do what, and what clients are told. */
final class AccessSettings {
  /** Two million years; beyond that, instants overflow one day. */
  private static final double MOST_MINUTES = 1e12;

  final Chapter chapter = new Chapter(Section.ACCESS);

  final Setting<List<Pattern>> allowedUrls =
      chapter.row(
          "allowed_urls",
          Syntax.regexes(),
          new Fallback(Profile.TORCHSERVE.allowedUrls(), Profile.MARINER.allowedUrls(), null),
          "Regular expressions with commas between them; an address to fetch must match one as a"
              + " whole, without regard to case. Empty: the store only. Private and loopback"
              + " addresses are fetched only when this is set.");
  final Setting<Boolean> useEnvAllowedUrls =
      chapter.row(
          "use_env_allowed_urls",
          Syntax.bool(),
          "false",
          "Whether `TS_ALLOWED_URLS` counts (needs `enable_envvars_config` too).");
  final Setting<Boolean> enableEnvvarsConfig =
      chapter.row(
          "enable_envvars_config",
          Syntax.bool(),
          "false",
          "Whether environment variables override file and command line; only in the file.");
  final Setting<Boolean> enableModelApi =
      chapter.row(
          "enable_model_api",
          Syntax.bool(),
          new Fallback("false", "true", "`true`, but `false` when management is not on loopback"),
          "Whether models can be registered and unregistered by a call.");
  final Setting<Boolean> disableTokenAuthorization =
      chapter.row(
          "disable_token_authorization",
          Syntax.bool(),
          new Fallback("false", "true", "`true`, but `false` when tokens are given"),
          "Whether callers need no token.");
  final Setting<Double> tokenExpirationMin =
      chapter.row(
          "token_expiration_min",
          Syntax.positive(MOST_MINUTES),
          "60",
          "Life of a token in minutes.");
  final Setting<Duration> tokenRotationGrace =
      chapter.row(
          "token_rotation_grace",
          Syntax.secondsOrNone(),
          new Fallback(
              Profile.TORCHSERVE.tokenRotationGrace(), Profile.MARINER.tokenRotationGrace(), null),
          "How long a token stays good after another one has taken its place; 0: not at all.");
  final Setting<Path> tokenFile =
      chapter.row(
          "token_file",
          Syntax.path(),
          Fallback.NONE,
          "Tokens of yours, in the form of `key_file.json`, instead of those that the server makes;"
              + " a `key` may be a list. A changed file is taken without a restart.");
  final Setting<String> inferenceToken =
      chapter.row(
          "inference_token",
          Syntax.text(),
          Fallback.NONE,
          "A token of yours for inference; `$$NAME$$` takes it from the environment.");
  final Setting<String> managementToken =
      chapter.row(
          "management_token",
          Syntax.text(),
          Fallback.NONE,
          "A token of yours for management; `$$NAME$$` takes it from the environment.");
  final Setting<Boolean> exposeErrors =
      chapter.row(
          "expose_errors",
          Syntax.bool(),
          "false",
          "Whether clients see details of failures: exception text, exit code, last lines of"
              + " output.");
  final Setting<List<String>> corsAllowedOrigin =
      chapter.row(
          "cors_allowed_origin",
          Syntax.origins(),
          Fallback.NONE,
          "Origins whose web pages may call, with commas between them, or `*` for all. One origin,"
              + " or `*`, stands in every REST answer (`Access-Control-Allow-Origin`); of several,"
              + " an answer names the one that asked, with `Vary: Origin`.");
  final Setting<Pattern> corsAllowedOriginPattern =
      chapter.row(
          "cors_allowed_origin_pattern",
          Syntax.regex(),
          Fallback.NONE,
          "Origins that this regular expression matches as a whole are allowed, too.");
  final Setting<String> corsAllowedMethods =
      chapter.row(
          "cors_allowed_methods",
          Syntax.text(),
          Fallback.NONE,
          "`Access-Control-Allow-Methods` of every REST answer.");
  final Setting<String> corsAllowedHeaders =
      chapter.row(
          "cors_allowed_headers",
          Syntax.text(),
          Fallback.NONE,
          "`Access-Control-Allow-Headers` of every REST answer; with `*` a preflight names those"
              + " that were asked for.");
  final Setting<String> corsExposedHeaders =
      chapter.row(
          "cors_exposed_headers",
          Syntax.text(),
          Fallback.NONE,
          "`Access-Control-Expose-Headers` of every REST answer: what pages may read, such as"
              + " `x-request-id`.");
  final Setting<Boolean> corsAllowCredentials =
      chapter.row(
          "cors_allow_credentials",
          Syntax.bool(),
          "false",
          "Whether pages may send cookies and client certificates; not with the origin `*`.");
  final Setting<Integer> corsMaxAge =
      chapter.row(
          "cors_max_age",
          Syntax.whole(0, 86_400),
          Fallback.NONE,
          "Seconds for which a browser may keep the answer to a preflight.");
  final Setting<TrustedProxies> trustedProxies =
      chapter.row(
          "trusted_proxies",
          Syntax.proxies(),
          Fallback.NONE,
          "Proxies whose `X-Forwarded-For` names the client in the access log, and whose"
              + " `X-Forwarded-Host` is the server's own name for pages that change models:"
              + " addresses and ranges (`10.0.0.0/8`) with commas between them; `unix`: whoever"
              + " connects to a Unix socket. Of others these headers change nothing.");
}
