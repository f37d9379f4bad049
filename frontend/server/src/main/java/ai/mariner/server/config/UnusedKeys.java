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
    reportTls(profile);
    if (values.text(settings.access.disableTokenAuthorization.key()).equalsIgnoreCase("true")) {
      String reason = "disable_token_authorization=false";
      check(profile, settings.access.tokenFile.key(), reason);
      check(profile, settings.access.inferenceToken.key(), reason);
      check(profile, settings.access.managementToken.key(), reason);
    }
    for (ListenerSettings.Age age :
        List.of(settings.listeners.grpcInferenceAge, settings.listeners.grpcManagementAge)) {
      if (!values.isGiven(age.most)) {
        check(profile, age.grace.key(), age.most.key() + " is set");
      }
    }
    if (!values.get(settings.listeners.enableMetricsApi)) {
      check(profile, settings.listeners.metricsAddress.key(), "enable_metrics_api=true");
    }
    if (values.given(settings.access.corsAllowedOrigin) == null
        && values.given(settings.access.corsAllowedOriginPattern) == null) {
      String reason = "cors_allowed_origin is set";
      check(profile, settings.access.corsAllowedMethods.key(), reason);
      check(profile, settings.access.corsAllowedHeaders.key(), reason);
      check(profile, settings.access.corsExposedHeaders.key(), reason);
      check(profile, settings.access.corsAllowCredentials.key(), reason);
      check(profile, settings.access.corsMaxAge.key(), reason);
    }
    if (!values.isGiven(settings.process.pluginsPath.key())) {
      String reason = "plugins_path is set";
      check(profile, settings.process.pluginThreads.key(), reason);
      check(profile, settings.process.pluginTimeout.key(), reason);
      check(profile, settings.process.authorizerThreads.key(), reason);
      check(profile, settings.process.authorizerTimeout.key(), reason);
    }
    if (!values.isOn(settings.access.enableEnvvarsConfig)
        && values.isOn(settings.access.useEnvAllowedUrls)) {
      check(profile, settings.access.useEnvAllowedUrls.key(), "enable_envvars_config=true");
    }
  }

  private void reportTls(Profile profile) {
    boolean rest = settings.listeners.anyIsSecured(values);
    boolean grpc = values.text(settings.tls.enableGrpcSsl.key()).equalsIgnoreCase("true");
    String store = settings.tls.keystore.key();
    boolean files = values.isGiven(settings.tls.certificateFile);
    if (!rest && !grpc) {
      for (Setting<?> setting : settings.tls.chapter.rows()) {
        if (!setting.equals(settings.tls.enableGrpcSsl)) {
          check(profile, setting.key(), "an https:// address, or enable_grpc_ssl=true");
        }
      }
      return;
    }
    if (!values.isGiven(store)) {
      check(profile, settings.tls.keystorePass.key(), "keystore is set");
      check(profile, settings.tls.keystoreType.key(), "keystore is set");
    } else if (!grpc) {
      String reason = "keystore is not set, or enable_grpc_ssl=true";
      check(profile, settings.tls.certificateFile.key(), reason);
      check(profile, settings.tls.privateKeyFile.key(), reason);
    } else if (!rest && files) {
      check(profile, store, "an https:// address, or gRPC without certificate_file");
    }
    if (!values.isGiven(settings.tls.privateKeyFile)) {
      check(profile, settings.tls.privateKeyPass.key(), "private_key_file is set");
    }
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
