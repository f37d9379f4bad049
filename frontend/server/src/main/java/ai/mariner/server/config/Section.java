package ai.mariner.server.config;

/** Chapters of the reference page. */
enum Section {
  LISTENERS("Listeners"),
  MODELS("Models"),
  WORKERS("Workers"),
  DEPENDENCIES("Packages of models"),
  LIMITS("Limits"),
  TLS("TLS"),
  ACCESS("Access and safety"),
  METRICS("Metrics and logs"),
  SEQUENCES("Sequences and open inference protocol"),
  NETWORK("Network threads"),
  PROCESS("Process");

  private final String title;

  Section(String title) {
    this.title = title;
  }

  String title() {
    return title;
  }
}
