package ai.mariner.server.config;

import ai.mariner.core.config.Profile;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Locale;

/** The configuration for the commands `config show` and `config check`, as JSON. */
public final class ConfigReport {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  private ConfigReport() {}

  /**
   * One line with the object {@code profile}, {@code problems}, {@code warnings} and {@code
   * settings}.
   */
  public static String json(Profile profile, ConfigOutcome outcome) {
    ObjectNode report = MAPPER.createObjectNode();
    report.put("profile", profile.name().toLowerCase(Locale.ROOT));
    ArrayNode problems = report.putArray("problems");
    if (outcome instanceof ConfigOutcome.Refused refused) {
      refused.problems().forEach(problems::add);
    }
    outcome.warnings().forEach(report.putArray("warnings")::add);
    ArrayNode settings = report.putArray("settings");
    for (SettingInForce setting : outcome.settings()) {
      settings
          .addObject()
          .put("key", setting.key())
          .put("value", setting.value())
          .put("origin", setting.origin())
          .put("supported", setting.support().words())
          .put("meaning", setting.doc());
    }
    return report.toString();
  }
}
