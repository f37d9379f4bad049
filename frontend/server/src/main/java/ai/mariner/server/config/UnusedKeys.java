package ai.mariner.server.config;

import ai.mariner.core.config.Profile;
import java.util.List;

/**
 * Finds keys that were set and apply to nothing, because of how other keys are set. They keep no
 * {@code torchserve} from starting: such configurations exist, and TorchServe never looked at them.
 *
 * @param settings the table
 * @param values what was given
 * @param findings where they are reported
 */
record UnusedKeys(Settings settings, Values values, Findings findings) {
  /** Reports them: as problems where unknown keys are, else as warnings. */
  void report(Profile profile) {
    if (!isSecured()) {
      String reason = "an https:// address, or enable_grpc_ssl=true";
      for (String key : List.of("keystore", "private_key_file", "certificate_file")) {
        check(profile, key, reason);
      }
    }
    if (!values.isGiven("keystore")) {
      check(profile, "keystore_pass", "keystore is set");
      check(profile, "keystore_type", "keystore is set");
    }
    if (!values.get(settings.listeners.enableMetricsApi)) {
      check(profile, settings.listeners.metricsAddress.key(), "enable_metrics_api=true");
    }
    if (values.given(settings.access.corsAllowedOrigin) == null) {
      String reason = "cors_allowed_origin is set";
      check(profile, settings.access.corsAllowedMethods.key(), reason);
      check(profile, settings.access.corsAllowedHeaders.key(), reason);
    }
    if (!values.isOn(settings.access.enableEnvvarsConfig)
        && values.isOn(settings.access.useEnvAllowedUrls)) {
      check(profile, settings.access.useEnvAllowedUrls.key(), "enable_envvars_config=true");
    }
  }

  /** Whether any listener speaks TLS, also one whose address turned out to be wrong. */
  private boolean isSecured() {
    return List.of("inference_address", "management_address", "metrics_address").stream()
            .anyMatch(key -> values.text(key).regionMatches(true, 0, "https:", 0, 6))
        || values.text("enable_grpc_ssl").equalsIgnoreCase("true");
  }

  private void check(Profile profile, String key, String expected) {
    if (!values.isGiven(key)) {
      return;
    }
    String text = key + ": it applies to nothing (expected: " + expected + ")" + values.from(key);
    if (profile.unknownKeysFail()) {
      findings.problem(text);
    } else {
      findings.warning(text);
    }
  }
}
