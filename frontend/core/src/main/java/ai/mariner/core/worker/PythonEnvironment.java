package ai.mariner.core.worker;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * What the workers of a model have of Python that others have not.
 *
 * @param interpreter of a virtual environment; absent: that of the model's runtime
 * @param packages folder whose packages come before all others; absent: none
 * @param complete whether all packages are there that the archive asks for
 */
public record PythonEnvironment(
    @Nullable Path interpreter, @Nullable Path packages, boolean complete) {}
