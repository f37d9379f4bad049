package ai.mariner.server.config;

import ai.mariner.core.config.CorsConfig;
import ai.mariner.core.config.Profile;
import java.util.List;
import java.util.regex.Pattern;

/**
 * Makes the rules for pages of other origins, and reports what no browser would ever match.
 *
 * @param settings the chapter of the table
 * @param values what was given
 * @param findings where problems go
 * @param profile whether an odd origin is one
 */
record CrossOriginRules(
    AccessSettings settings, Values values, Findings findings, Profile profile) {
  private static final Pattern ORIGIN =
      Pattern.compile("\\*|null|[A-Za-z][A-Za-z0-9+.-]*://[^/?#@\\s*]+");

  CorsConfig config() {
    List<String> given = values.given(settings.corsAllowedOrigin);
    List<String> origins = given == null ? List.of() : given;
    origins.forEach(this::check);
    boolean credentials = values.get(settings.corsAllowCredentials);
    if (credentials && origins.contains("*")) {
      values.malformed(
          settings.corsAllowCredentials,
          "false, or the names of the origins in cors_allowed_origin in place of *");
    }
    return new CorsConfig(
        origins,
        values.given(settings.corsAllowedOriginPattern),
        values.given(settings.corsAllowedMethods),
        values.given(settings.corsAllowedHeaders),
        values.given(settings.corsExposedHeaders),
        credentials,
        values.given(settings.corsMaxAge));
  }

  /** TorchServe sent whatever it was told, so its configurations may hold anything. */
  private void check(String origin) {
    if (ORIGIN.matcher(origin).matches()) {
      return;
    }
    String key = settings.corsAllowedOrigin.key();
    String text =
        key
            + ": "
            + Findings.shortened(origin)
            + " is what no browser sends (expected: scheme://host[:port] without a path, or *)"
            + values.from(key);
    if (profile.unknownKeysFail()) {
      findings.problem(text);
    } else {
      findings.warning(text);
    }
  }
}
