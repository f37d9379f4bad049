/**
 * What an application is made of, as {@code proto/app} describes it: values, which whoever reads
 * them makes and whoever serves them is given.
 *
 * <p>Starting point: {@link ai.mariner.core.application.ApplicationSpec}.
 */
@NullMarked
package ai.mariner.core.application;

import org.jspecify.annotations.NullMarked;
