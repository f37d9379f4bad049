package ai.mariner.server.config;

import ai.mariner.core.message.ModelKey;
import ai.mariner.core.message.NameRule;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Map;

/** An object of models, each an object of versions, each an object of what is said of it. */
final class VersionsJson {
  private final Findings findings;

  /** Walks that report what is no name or no object. */
  VersionsJson(Findings findings) {
    this.findings = findings;
  }

  /** Hears of each version. */
  interface Visitor {
    /**
     * Takes what is said of a version.
     *
     * @param path where it stands, for findings
     */
    void version(String path, ModelKey key, ObjectNode said);
  }

  /**
   * Walks through all versions in their order.
   *
   * @param path where the models stand
   */
  void each(String path, ObjectNode models, Visitor visitor) {
    for (Map.Entry<String, JsonNode> model : models.properties()) {
      String ofModel = path + "." + model.getKey();
      if (isNamedObject(ofModel, model)) {
        for (Map.Entry<String, JsonNode> version : model.getValue().properties()) {
          String ofVersion = ofModel + "." + version.getKey();
          if (isNamedObject(ofVersion, version) && version.getValue() instanceof ObjectNode said) {
            visitor.version(ofVersion, new ModelKey(model.getKey(), version.getKey()), said);
          }
        }
      }
    }
  }

  private boolean isNamedObject(String path, Map.Entry<String, JsonNode> entry) {
    String name = entry.getKey();
    if (!NameRule.allows(name)) {
      findings.malformed(path, NameRule.shown(name), NameRule.EXPECTED);
      return false;
    }
    if (!entry.getValue().isObject()) {
      findings.malformed(path, entry.getValue().toString(), "a JSON object");
      return false;
    }
    return true;
  }
}
