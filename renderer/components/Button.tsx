/** Buttons and links that look like buttons: a primary one per screen, plain ones beside it. */
import type { ButtonHTMLAttributes, ReactNode } from 'react';
import { Link } from 'wouter';
import { classNames } from './class-names.ts';
import styles from './Button.module.css';

type Look = 'primary' | 'plain' | 'quiet' | 'danger';

interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  readonly look?: Look;
  readonly icon?: ReactNode;
}

export function Button({ look = 'plain', icon, children, className, type = 'button', ...rest }: ButtonProps) {
  return (
    <button type={type} className={classNames(styles.button, styles[look], className)} {...rest}>
      {icon}
      {children !== undefined && <span>{children}</span>}
    </button>
  );
}

interface ButtonLinkProps {
  readonly to: string;
  readonly look?: Look;
  readonly icon?: ReactNode;
  readonly children: ReactNode;
}

export function ButtonLink({ to, look = 'plain', icon, children }: ButtonLinkProps) {
  return (
    <Link href={to} className={classNames(styles.button, styles[look])}>
      {icon}
      <span>{children}</span>
    </Link>
  );
}

interface IconButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  /** What a screen reader says and a tooltip shows. */
  readonly label: string;
  readonly icon: ReactNode;
}

export function IconButton({ label, icon, className, ...rest }: IconButtonProps) {
  return (
    <button type="button" aria-label={label} title={label} className={classNames(styles.icon, className)} {...rest}>
      {icon}
    </button>
  );
}
