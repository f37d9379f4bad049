/**
 * Python packages that archives ask for: what they ask for, where it is kept, and the process that
 * installs it.
 *
 * <p>Starting points: {@link ai.mariner.worker.install.PythonInstaller}.
 */
@NullMarked
package ai.mariner.worker.install;

import org.jspecify.annotations.NullMarked;
